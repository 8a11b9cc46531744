"""A first look at samples that are too many to be held."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.buckets import Column
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.many.groups import Groups
from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import batches
from pipeline.preprocessing.split.codes import UNUSED, Codes

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Census:
    """What the columns that identify samples say, without being held."""

    table: Path
    count: int
    names: Column
    """Number of each sample's class, in the order in which they come first; 0 where unknown, or where a number is
    asked for. Of several labels the first counts."""

    totals: Ints
    """Samples of each class."""

    given: Codes | None
    """The part that the source gives each sample; None: it gives none."""

    groups: Groups | None
    """None: no sample has one, or some have none."""

    grouped: bool
    untimed: int
    """Samples without a time."""

    def times(self) -> Iterator[NDArray[np.int64]]:
        """Yield the times in microseconds, piece by piece."""
        for frame in batches(self.table, ["time"], ROW_GROUP):
            yield frame["time"].cast(pl.Int64).to_numpy()

    def first_untimed(self) -> str:
        """Return where the first sample without a time came from."""
        rows = pl.scan_parquet(self.table).filter(pl.col("time").is_null()).select("origin").head(1)
        return str(rows.collect(engine="streaming").item())

    def origin_of(self, row: int) -> str:
        """Return where a sample came from."""
        return str(
            pl.scan_parquet(self.table).select("origin").slice(row, 1).collect(engine="streaming").item()
        )


def take_census(table: Path, question: Question, *, scratch: Path) -> Census:
    """Look at all rows once.

    Args:
        table: Rows as validate let them pass.
        question: What the head asks; it says what a class is.
        scratch: Folder for the column of classes.
    """
    names, groups = Column(scratch / "names", np.int32), Column(scratch / "groups", np.int32)
    numbers: dict[str, int] = {}
    known: dict[str, int] = {}
    totals = np.zeros(1, np.int64)
    count, first = pq.read_metadata(table).num_rows, 0
    given, lone, untimed = None, 0, 0
    for frame in batches(table, ["group", "time", "split", "target"], ROW_GROUP):
        found = _numbered(_classes(frame["target"].cast(pl.String), question), numbers)
        names.append(found)
        totals = np.r_[totals, np.zeros(len(numbers) + 1 - len(totals), np.int64)]
        totals += np.bincount(found, minlength=len(totals))
        if frame["split"].null_count() < frame.height:
            given = np.full(count, UNUSED, np.int8) if given is None else given
            given[first : first + frame.height] = _codes(frame["split"])
        first += frame.height
        groups.append(_numbered(frame["group"].cast(pl.String), known))
        lone += frame["group"].null_count()
        untimed += frame["time"].null_count()
    for column in (names, groups):
        column.close()
    whole = Groups(groups, _ranks(known)) if known and not lone else None
    return Census(table, count, names, totals, given, whole, lone < count, untimed)


def _ranks(known: dict[str, int]) -> Ints:
    """Return the place of each group among the sorted names, in the order of their numbers; those begin with 1."""
    ranks = np.full(len(known) + 1, -1, np.int64)
    for rank, name in enumerate(sorted(known)):
        ranks[known[name]] = rank
    return ranks


def _classes(targets: pl.Series, question: Question) -> pl.Series:
    if question.head == "regress":
        return pl.repeat(None, len(targets), dtype=pl.String, eager=True)
    if question.head != "multilabel":
        return targets
    first = targets.str.split(question.separator).list.first().str.strip_chars()
    return first.set(first == "", None)


def _numbered(values: pl.Series, numbers: dict[str, int]) -> NDArray[np.int32]:
    """Return the number of each value, from 1, 0 for null; new ones are given the next number."""
    here = values.drop_nulls().unique(maintain_order=True).to_list()
    if not here:
        return np.zeros(len(values), np.int32)
    own = [numbers.setdefault(value, len(numbers) + 1) for value in here]
    found = values.replace_strict(here, own, default=0, return_dtype=pl.Int32).fill_null(0)
    return found.to_numpy().astype(np.int32)


def _codes(splits: pl.Series) -> Codes:
    places = {name: code for code, name in enumerate(SPLITS)}
    codes = splits.cast(pl.String).replace_strict(places, default=UNUSED, return_dtype=pl.Int8)
    return codes.fill_null(UNUSED).to_numpy().astype(np.int8)
