"""An evenly spread part of many rows of numbers; what is held does not grow with the rows."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.redundancy import Redundancy

Floats = NDArray[np.float32]

MOST = 1000
"""Rows that are kept at most; at least half as many, where there are so many."""

LOOKS = 4
"""Directions, drawn once for all, in which the likeness of neighbours is measured."""


@dataclass
class Thinned:
    """Every row, then every second, every fourth: of a series the part is one, with longer steps."""

    every: int = 1
    """Rows from one that is kept to the next."""

    seen: int = 0
    _rows: list[Floats] = field(default_factory=list)
    _likeness: list[Redundancy] = field(default_factory=lambda: [Redundancy() for _ in range(LOOKS)])

    def add(self, rows: Floats) -> None:
        """Take more rows, shape ``(row, number)``, finite, in their order."""
        first = -self.seen % self.every
        self._rows += [np.array(row, np.float32) for row in rows[first :: self.every]]
        self.seen += len(rows)
        while len(self._rows) > MOST:
            self.every *= 2
            self._rows = self._rows[::2]
        if len(rows):
            looks = np.random.default_rng(0).normal(size=(rows.shape[1], LOOKS))
            for redundancy, values in zip(self._likeness, (rows.astype(np.float64) @ looks).T, strict=True):
                redundancy.add(values)

    def kept(self) -> "Kept":
        """Return what was kept."""
        rows = np.stack(self._rows) if self._rows else np.zeros((0, 0), np.float32)
        return Kept(rows, self.every, max(each.figure() for each in self._likeness))


@dataclass(frozen=True)
class Kept:
    """An evenly spread part of rows of numbers."""

    rows: Floats
    """Shape ``(kept, number)``."""

    every: int
    """Rows from one that was kept to the next."""

    redundancy: float
    """Of all rows, those that were not kept as well: how many are worth one, at least 1."""
