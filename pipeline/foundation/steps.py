"""The distance in time of two rows that follow one another."""

from collections import Counter

import polars as pl

MOST = 20_000
"""Different distances that are counted, of the rows so far and of those that come; beyond, the rarest are forgotten."""


class StepTally:
    """Counts distances piece by piece, in rows sorted by ``group`` and ``time``."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._last: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Count the distances in the next rows, and to the last of those before."""
        keys = frame.select("group", "time")
        joined = keys if self._last is None else pl.concat([self._last, keys])
        self._last = keys.tail(1)
        same = pl.col("group").eq_missing(pl.col("group").shift(1))
        distance = pl.col("time").diff().dt.total_microseconds()
        found = joined.select(distance.filter(same & (distance > 0)).alias("distance"))["distance"]
        counted = found.drop_nulls().value_counts(sort=False)
        if counted.height > MOST:
            counted = counted.sort(["count", "distance"], descending=[True, False]).head(MOST)
        self._counts.update(dict(counted.iter_rows()))
        if len(self._counts) > 2 * MOST:
            self._counts = Counter(dict(sorted(self._counts.items(), key=_rank)[:MOST]))

    @property
    def seconds(self) -> float | None:
        """The most frequent distance, the smallest of several; None where no two rows have times."""
        best = min(self._counts.items(), key=_rank, default=None)
        return None if best is None else best[0] / 1e6


def _rank(item: tuple[int, int]) -> tuple[int, int]:
    distance, count = item
    return -count, distance


def step_seconds(frame: pl.DataFrame) -> float | None:
    """Return the most frequent distance in seconds of two rows that follow one another in a group."""
    tally = StepTally()
    tally.add(
        frame if frame["group"].null_count() == frame.height else frame.sort("group", maintain_order=True)
    )
    return tally.seconds
