"""Words as tokens: counted, and turned into ids, by columns; a word is never an object of its own."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

AT_MOST_APART = 20
"""Tables of counts that wait to be added up: few enough for memory, enough to add up seldom."""


def frequent_words(cut: Iterable[pl.Series], least_often: int, most: int) -> list[str]:
    """Return the words that are met often, the most frequent first, ties in the order of their bytes.

    Args:
        cut: Texts as lists of words, in pieces.
        least_often: Times that a word has to be met.
        most: Words that are returned at most.
    """
    counts: list[pl.DataFrame] = []
    for part in cut:
        words = part.rename("word").explode(empty_as_null=False)
        counts.append(words.value_counts(name="times").cast({"times": pl.Int64}))
        if len(counts) > AT_MOST_APART:
            counts = [_added_up(counts)]
    if not counts:
        return []
    found = _added_up(counts).filter(pl.col("times") >= least_often)
    return found.sort("times", "word", descending=[True, False])["word"].head(most).to_list()


def word_ids(cut: pl.Series, known: pl.Enum, unknown: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the ids of all words one after the other, and how many each text has.

    Args:
        cut: Texts as lists of words; one without a word is read as one unknown word.
        known: The words in the order of their ids.
        unknown: Id of every other word.
    """
    ids = (
        cut.explode(empty_as_null=True)
        .cast(known, strict=False)
        .to_physical()
        .cast(pl.Int32)
        .fill_null(unknown)
    )
    return ids.to_numpy(), np.maximum(cut.list.len().cast(pl.Int64).to_numpy(), 1)


def _added_up(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("word").agg(pl.col("times").sum())
