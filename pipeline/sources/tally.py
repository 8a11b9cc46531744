"""What ingest reports about a table, counted while it is written."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import distinct
from pipeline.foundation.steps import StepTally

MOST_TARGETS = 1000
MOST_GROUPS = 5_000_000


class Tally:
    """Counts groups, targets and distances, row group by row group, in bounded memory."""

    def __init__(self, *, ordered: bool) -> None:
        """Begin.

        Args:
            ordered: Whether the rows are sorted by group and time, as those of a series.
        """
        self._steps = StepTally() if ordered else None
        self._groups: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._new: list[NDArray[np.uint64]] = []
        self._targets: list[str] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Count the next rows of the finished table."""
        if self._steps is not None:
            self._steps.add(frame)
        if len(self._groups) < MOST_GROUPS:
            self._add_groups(frame["group"])
        if "target" in frame.columns:
            seen = frame["target"].drop_nulls().unique()
            self._targets = sorted({*self._targets, *seen.sort().head(MOST_TARGETS)})[:MOST_TARGETS]

    @property
    def groups(self) -> int:
        """Different groups; counted up to five million."""
        self._together()
        return min(len(self._groups), MOST_GROUPS)

    @property
    def targets(self) -> tuple[str, ...]:
        """The different targets in the order of their names, the first 1,000."""
        return tuple(self._targets)

    @property
    def step_seconds(self) -> float | None:
        """Most frequent distance of two rows of a group; None without times or order."""
        return None if self._steps is None else self._steps.seconds

    def _add_groups(self, groups: pl.Series) -> None:
        # A hash of 64 bits stands for the name: two names in five million share one with a chance of 1 in 1.5 million.
        hashes: NDArray[Any] = groups.drop_nulls().unique().hash(seed=0).to_numpy()
        self._new.append(hashes)
        if sum(map(len, self._new)) > max(100_000, len(self._groups)):
            self._together()

    def _together(self) -> None:
        if self._new:
            self._groups = distinct(np.concatenate([self._groups, *self._new]))
            self._new = []
