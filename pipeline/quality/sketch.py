"""Distributions in little room: quantiles of numbers, counts of values, days with rows.

They are gathered batch by batch in bounded memory, are the same for the same batches, and stand in
``verdict.json``, so that later data can be compared with them.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POINTS = 2048
"""Weighted values that stand for one batch, or for all batches joined."""

QUANTILES = 101
"""Quantiles that are written: 0 %, 1 %, … 100 %."""

MOST_VALUES = 1000
"""A column with more different values is no category."""

MOST_NUMBERS = 50
"""Numbers with no more different values than this are counted one by one."""

USUAL = 0.5
"""A weekday is usual where this share of such days has rows."""

_EPOCH = date(1970, 1, 1)


@dataclass
class QuantileSketch:
    """Quantiles of a column of numbers, to about a tenth of a percent of rank, whatever its length.

    A batch becomes at most ``POINTS`` values, each standing for equally many; two such summaries are joined
    like digits of a binary counter, so that an error grows with the logarithm of the number of batches.

    Source:
        Munro & Paterson (1980), "Selection and sorting with limited storage".
    """

    rows: int = 0
    low: float = np.inf
    high: float = -np.inf
    _levels: list[tuple[Floats, Floats] | None] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        """Take one more batch of finite numbers."""
        if not len(values):
            return
        self.rows += len(values)
        summary = _thinned(np.sort(values), np.ones(len(values)))
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        for level, other in enumerate(self._levels):
            if other is None:
                self._levels[level] = summary
                return
            summary, self._levels[level] = _joined(summary, other), None
        self._levels.append(summary)

    def quantiles(self) -> list[float]:
        """Return ``QUANTILES`` numbers from the smallest to the largest; none without rows."""
        present = [level for level in self._levels if level is not None]
        if not present:
            return []
        values = np.concatenate([level[0] for level in present])
        weights = np.concatenate([level[1] for level in present])
        order = np.argsort(values, kind="stable")
        ranks = np.cumsum(weights[order])
        wanted = np.linspace(0.0, 1.0, QUANTILES) * ranks[-1]
        found = values[order][np.minimum(np.searchsorted(ranks, wanted), len(values) - 1)]
        found[0], found[-1] = self.low, self.high
        return [float(value) for value in found]


def _thinned(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return at most ``POINTS`` of the sorted ``values``, the middle ones of parts of equal weight."""
    if len(values) <= POINTS:
        return values, weights
    ranks = np.cumsum(weights)
    middles = (np.arange(POINTS) + 0.5) * ranks[-1] / POINTS
    return values[np.searchsorted(ranks, middles)], np.full(POINTS, ranks[-1] / POINTS)


def _joined(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    values = np.concatenate([first[0], second[0]])
    weights = np.concatenate([first[1], second[1]])
    order = np.argsort(values, kind="stable")
    return _thinned(values[order], weights[order])


@dataclass
class ValueTally:
    """How often each value of a column occurs, as long as there are no more than ``most``."""

    most: int = MOST_VALUES
    counts: Counter[str] = field(default_factory=Counter)
    too_many: bool = False

    def add(self, values: pl.Series) -> None:
        """Take one more batch of the column; nulls are left out."""
        if self.too_many:
            return
        counted = values.drop_nulls().value_counts(sort=False)
        if counted.height > self.most:
            self._give_up()
            return
        for value, count in counted.iter_rows():
            self.counts[str(value)] += count
        if len(self.counts) > self.most:
            self._give_up()

    def values(self) -> dict[str, int] | None:
        """Return value → rows, sorted by value; None where there are too many."""
        return None if self.too_many else dict(sorted(self.counts.items()))

    def _give_up(self) -> None:
        self.too_many = True
        self.counts.clear()


@dataclass
class DayTally:
    """Days that have rows, whatever the group."""

    days: set[int] = field(default_factory=set)

    def add(self, times: pl.Series) -> None:
        """Take one more batch of times."""
        days = times.drop_nulls().dt.date().unique()
        self.days.update((days.to_physical()).to_list())

    def missing(self) -> tuple[int, int]:
        """Return how many days without rows there are on weekdays that usually have some, and how many such days.

        Only days between the first and the last with rows are looked at.
        """
        if not self.days:
            return 0, 0
        every = np.arange(min(self.days), max(self.days) + 1)
        has = np.isin(every, np.fromiter(self.days, np.int64, len(self.days)))
        missing = of = 0
        for weekday in range(7):
            such = has[every % 7 == weekday]
            if len(such) and such.mean() >= USUAL:
                missing, of = missing + int((~such).sum()), of + len(such)
        return missing, of

    def spans(self) -> list[str]:
        """Return the days as spans without a gap, ``2016-07-01/2016-07-29``."""
        ordered = np.array(sorted(self.days), np.int64)
        if not len(ordered):
            return []
        pieces = np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1)
        return [f"{day_text(piece[0])}/{day_text(piece[-1])}" for piece in pieces]


def days_of(spans: list[str]) -> set[int]:
    """Return the days in ``spans``, as :meth:`DayTally.spans` wrote them, counted from 1970."""
    found: set[int] = set()
    for span in spans:
        first, last = (date.fromisoformat(part) - _EPOCH for part in span.split("/"))
        found.update(range(first.days, last.days + 1))
    return found


def day_text(number: int) -> str:
    """Return a day counted from 1970 as ``2016-07-01``."""
    return (_EPOCH + timedelta(days=int(number))).isoformat()
