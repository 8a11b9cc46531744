"""Figures about columns, times and classes, gathered batch by batch.

Batches come in one fixed order and each is summed by one thread, so the figures are the same bytes
in every run: a sum over a streaming query is not.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

DISTINCT_AT_MOST = 1_000
"""Beyond this many, distinct values are no longer counted."""

CLASSES_AT_MOST = 10_000
"""A target with more different values than this is a number, or a text."""

GROUPS_WAITING = 2_000_000
REPEATS_AT_MOST = 10_000_000
"""Eight bytes are kept of each."""

GAP = 1.5
"""A distance between two rows longer than this many steps is a gap."""


@dataclass
class NumberTally:
    """A numeric column; min, max, mean and deviation are those of its finite values."""

    nulls: int = 0
    nans: int = 0
    infinite: int = 0
    finite: int = 0
    low: float = math.inf
    high: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column.

        Source:
            Chan, Golub & LeVeque (1983) for joining means and sums of squares.
        """
        floats = values.cast(pl.Float64)
        self.nulls += values.null_count()
        array = floats.drop_nulls().to_numpy()
        self.nans += int(np.isnan(array).sum())
        self.infinite += int(np.isinf(array).sum())
        array = array[np.isfinite(array)]
        if not len(array):
            return
        count = len(array)
        with np.errstate(over="ignore", invalid="ignore"):  # sums of numbers near 1e308
            mean = float(array.mean())
            squares = float(np.square(array - mean).sum())
        total, away = self.finite + count, mean - self.mean
        self.squares += squares + away * away * self.finite * count / total
        self.mean += away * count / total
        self.finite = total
        self.low, self.high = min(self.low, float(array.min())), max(self.high, float(array.max()))

    def figures(self) -> dict[str, float | None]:
        """Return the figures under the names that the suite uses."""
        some = self.finite > 0
        return {
            "nans": self.nans,
            "infinite": self.infinite,
            "min": self.low if some else None,
            "max": self.high if some else None,
            "mean": _finite_or_none(self.mean) if some else None,
            "std": _finite_or_none(math.sqrt(self.squares / self.finite)) if some else None,
        }


@dataclass
class DistinctTally:
    """How many different values a column has, nulls left out; at most ``DISTINCT_AT_MOST`` + 1."""

    seen: set[object] = field(default_factory=set)

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column."""
        if len(self.seen) > DISTINCT_AT_MOST:
            return
        present = values.drop_nulls()
        different = (present.drop_nans() if values.dtype.is_float() else present).unique()
        self.seen.update(different.head(DISTINCT_AT_MOST + 1).to_list())

    @property
    def count(self) -> int:
        """The number, cut off."""
        return min(len(self.seen), DISTINCT_AT_MOST + 1)


@dataclass
class ClassTally:
    """Rows of each class of the target; a target with very many values is no class."""

    counts: Counter[str] = field(default_factory=Counter)
    too_many: bool = False

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the target."""
        if self.too_many:
            return
        self.counts.update(dict(values.drop_nulls().cast(pl.String).value_counts().iter_rows()))
        if len(self.counts) > CLASSES_AT_MOST:
            self.too_many = True
            self.counts.clear()

    @property
    def count(self) -> int:
        """The number of classes, cut off."""
        return CLASSES_AT_MOST + 1 if self.too_many else len(self.counts)

    @property
    def alike(self) -> int:
        """How many classes are another one, but for small letters and spaces."""
        return len(self.counts) - len({" ".join(name.casefold().split()) for name in self.counts})


@dataclass
class GroupTally:
    """How many groups there are, and the rows of the smallest; rows without a group are one of their own."""

    counts: pl.DataFrame | None = None
    waiting: list[pl.DataFrame] = field(default_factory=list)
    ungrouped: int = 0

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column; groups are told apart by 64 bits of their names."""
        self.ungrouped += values.null_count()
        names = values.drop_nulls()
        if names.is_empty():
            return
        self.waiting.append(names.hash().value_counts(sort=False).select(pl.nth(0).alias("group"), "count"))
        if sum(map(len, self.waiting)) > GROUPS_WAITING:
            self._settle()

    def _settle(self) -> None:
        every = [*([self.counts] if self.counts is not None else []), *self.waiting]
        if every:
            self.counts = pl.concat(every).group_by("group").agg(pl.col("count").sum())
        self.waiting = []

    def figures(self) -> dict[str, float | None]:
        """Return the figures under the names that the suite uses."""
        self._settle()
        groups = 0 if self.counts is None else len(self.counts)
        sizes = [] if self.counts is None else [int(self.counts["count"].min())]  # type: ignore[arg-type]
        smallest = [*sizes, *([self.ungrouped] if self.ungrouped else [])]
        return {"groups": groups, "shortest_group": min(smallest, default=None)}


@dataclass
class TimeTally:
    """Order and distances of the rows of a table that is sorted by group and time."""

    step_seconds: float | None
    steps: int = 0
    unsorted: int = 0
    repeated: int = 0
    gaps: int = 0
    largest: float | None = None
    last: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Take one more batch with the columns ``group`` and ``time``."""
        joined = frame if self.last is None else pl.concat([self.last, frame])
        self.last = frame.tail(1)
        same = pl.col("group").eq_missing(pl.col("group").shift(1))
        seconds = joined.select(
            pl.when(same).then(pl.col("time").diff().dt.total_microseconds() / 1e6).alias("seconds")
        )["seconds"].slice(1).drop_nulls().to_numpy()  # fmt: skip
        if not len(seconds):
            return
        self.steps += len(seconds)
        self.unsorted += int((seconds < 0).sum())
        self.repeated += int((seconds == 0).sum())
        self.largest = max(self.largest or 0.0, float(seconds.max()))
        if self.step_seconds:
            self.gaps += int((seconds > GAP * self.step_seconds).sum())

    def figures(self) -> dict[str, float | None]:
        """Return the figures under the names that the suite uses."""
        timed = self.last is not None and self.steps > 0
        return {
            "unsorted_times": self.unsorted if timed else None,
            "duplicate_times": self.repeated if timed else None,
            "largest_gap_seconds": self.largest,
            "gap_share": self.gaps / self.steps if timed and self.step_seconds else None,
        }


@dataclass
class RunTally:
    """Clips of which the frames stand together: how many, and the frames of the shortest."""

    clips: int = 0
    shortest: int | None = None
    last: str | None = None
    length: int = 0

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the names of the clips."""
        for length, name in zip(*values.rle().struct.unnest().get_columns(), strict=True):
            if self.clips and name == self.last:
                self.length += length
                continue
            self._end()
            self.clips, self.last, self.length = self.clips + 1, name, length

    def _end(self) -> None:
        if self.clips:
            self.shortest = min(self.length, self.shortest or self.length)

    def figures(self) -> dict[str, float | None]:
        """Return the figures under the names that the suite uses."""
        self._end()
        return {"clips": self.clips, "shortest_clip": self.shortest}


@dataclass
class RepeatTally:
    """How many cells have the same content as an earlier one; at most ``REPEATS_AT_MOST`` are looked at."""

    hashes: list[pl.Series] = field(default_factory=list)
    looked_at: int = 0

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column."""
        if self.looked_at < REPEATS_AT_MOST:
            self.hashes.append(values.drop_nulls().hash())
            self.looked_at += len(self.hashes[-1])

    @property
    def count(self) -> int:
        """The number."""
        return self.looked_at - int(pl.concat(self.hashes).n_unique()) if self.hashes else 0


@dataclass
class TimeRange:
    """First and last time of a column."""

    first: datetime | None = None
    last: datetime | None = None

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column."""
        low, high = values.min(), values.max()
        if isinstance(low, datetime) and isinstance(high, datetime):
            self.first = min(low, self.first or low)
            self.last = max(high, self.last or high)


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
