"""Clean texts on disk, and their way into tokens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.buckets import Column
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.many.rows import ManyRows
from pipeline.preprocessing.sample_rows import SampleRows, batches
from pipeline.preprocessing.split.codes import Members
from pipeline.preprocessing.text.cleaning import cleaned
from pipeline.preprocessing.text.cooccurrence import Neighbours
from pipeline.preprocessing.text.tokens import Tokens

AT_ONCE = 5_000
"""Texts that are worked on together."""


@dataclass(frozen=True)
class CleanTexts:
    """Clean texts in a scratch file, since each is read several times and all may not fit into memory."""

    path: Path

    def __iter__(self) -> Iterator[pl.Series]:
        for frame in batches(self.path, ["text"], AT_ONCE):
            yield frame["text"]

    def parts(self, mask: NDArray[np.bool_] | Members) -> Iterator[pl.Series]:
        """Yield the texts at which ``mask`` is true, piece by piece."""
        first = 0
        for texts in self:
            yield texts.filter(pl.Series(mask[first : first + len(texts)]))
            first += len(texts)


def clean_texts(table: Path, path: Path, config: TextConfig) -> CleanTexts:
    """Clean the texts of a table into a scratch file.

    Raises:
        DataError: There is none.
    """
    writer: pq.ParquetWriter | None = None
    for frame in batches(table, ["text"], AT_ONCE):
        part = pl.DataFrame({"text": cleaned(frame["text"], config)}).to_arrow()
        writer = writer or pq.ParquetWriter(path, part.schema, compression="lz4")
        writer.write_table(part)
    if writer is None:
        raise DataError(
            "there is not one text; look into data/validate/quarantine.parquet for what was set aside"
        )
    writer.close()
    return CleanTexts(path)


@dataclass(frozen=True)
class Encoded:
    """What is known once all texts are tokens."""

    lengths: Column
    """Tokens of each text, 0 where it is in no part."""

    longest: int
    """Tokens of the longest."""

    neighbours: Neighbours | None
    """Which tokens stand together in training, where vectors are made of that."""

    empty: int
    """Texts without a token."""

    unknown: float
    """Share of the tokens of val and test that training does not know."""


def encode_all(
    texts: CleanTexts,
    rows: SampleRows | ManyRows,
    tokens: Tokens,
    append: Callable[[NDArray[Any]], None],
    *,
    scratch: Path,
) -> Encoded:
    """Hand the ids of all texts that are in a part to ``append``, one text after the other.

    Args:
        texts: The clean texts.
        rows: The samples, divided.
        tokens: The fitted tokenizer.
        append: Takes the ids.
        scratch: File for the lengths.
    """
    lengths, longest = Column(scratch, np.int64), 0
    neighbours = Neighbours(len(tokens.names)) if tokens.config.vectors == "corpus" else None
    first, empty, unknown, later = 0, 0, 0, 0
    for part in texts:
        here = slice(first, first + len(part))
        used, train = rows.used[here], rows.train[here]
        ids, sizes = tokens.encode(part.filter(pl.Series(used)))
        append(ids)
        own = np.zeros(len(part), np.int64)
        own[used] = sizes
        lengths.append(own)
        longest = max(longest, int(own.max(initial=0)))
        training = np.repeat(train[used], sizes)
        if neighbours is not None:
            neighbours.add(ids[training], sizes[train[used]])
        empty += int((part == "").filter(pl.Series(used)).sum())
        unknown, later = unknown + int((ids[~training] == 1).sum()), later + int((~training).sum())
        first += len(part)
    lengths.close()
    return Encoded(lengths, longest, neighbours, empty, unknown / max(later, 1))
