"""How many rows of a column tell as much as one independent row: in a series neighbours say nearly the same."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_BLOCKS = 32
"""Blocks that a variance of their means is taken from; of fewer it says too little."""


@dataclass
class _Level:
    """Means of blocks of one length: how many, their mean and squares, and one that waits for its neighbour."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    waiting: float | None = None

    def add(self, means: Floats) -> Floats:
        """Take more means in the order of the rows, and return those of blocks twice as long."""
        count, mean = len(means), float(means.mean())
        total, away = self.count + count, mean - self.mean
        self.squares += float(np.square(means - mean).sum()) + away * away * self.count * count / total
        self.mean += away * count / total
        self.count = total
        lined = means if self.waiting is None else np.concatenate([[self.waiting], means])
        paired = len(lined) // 2 * 2
        self.waiting = float(lined[-1]) if paired < len(lined) else None
        return 0.5 * (lined[0:paired:2] + lined[1:paired:2])

    @property
    def variance(self) -> float:
        """Variance of the means."""
        return self.squares / (self.count - 1)


@dataclass
class Redundancy:
    """Rows that are worth one: the variance of the mean of a block, over what it were if rows were independent.

    Blocks are twice as long at each level, so that what is held grows with the logarithm of the rows. Of the levels
    with ``LEAST_BLOCKS`` blocks the largest value counts: too large costs power, too small alarms for nothing.

    Source:
        Flyvbjerg & Petersen (1989), "Error estimates on averages of correlated data".
    """

    _levels: list[_Level] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        """Take one more batch of finite numbers, in the order of the table."""
        level = 0
        with np.errstate(over="ignore", invalid="ignore"):  # numbers near 1e308
            while len(values):
                if level == len(self._levels):
                    self._levels.append(_Level())
                values = self._levels[level].add(values)
                level += 1

    def figure(self) -> float:
        """Return the number of rows, at least 1; 1 where there are too few to tell."""
        told = [level for level in self._levels if level.count >= LEAST_BLOCKS]
        alone = told[0].variance if told else 0.0
        if not (np.isfinite(alone) and alone > 0.0):
            return 1.0
        ratios = [2**place * level.variance / alone for place, level in enumerate(told)]
        return round(max(1.0, *(float(ratio) for ratio in ratios if np.isfinite(ratio))), 3)
