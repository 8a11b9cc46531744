"""The floor of every table: one question about one column."""

from typing import ClassVar

import numpy as np

from pipeline.baselines.base import Baseline, Data, Head, Inputs, LeftOutError, drawn, in_batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

MOST_ROWS = 200_000


class SingleThreshold(Baseline):
    """Splits the rows at one value of one column, and answers the class shares of the side.

    Source:
        Holte (1993), "Very Simple Classification Rules Perform Well on Most Commonly Used Datasets".
    """

    heads: ClassVar[tuple[Head, ...]] = ("classify",)
    data: ClassVar[tuple[Data, ...]] = ("table",)
    parameters = 2

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Find the column and the value that tell most training rows right; the first of equals.

        Raises:
            LeftOutError: Every column is constant.
        """
        positions = drawn(len(train), MOST_ROWS, seed)
        rows = np.concatenate([_flat(train.inputs(batch)) for batch in in_batches(train, positions)])
        has = np.eye(len(train.meta.classes), dtype=np.int64)[train.targets(positions).astype(np.int64)]
        found = [best_cut(column, has) for column in rows.T]
        right = [hits for hits, _ in found]
        if max(right) < 0:
            raise LeftOutError("every column has one value only in training")
        self.column = int(np.argmax(right))
        self.threshold = found[self.column][1]
        is_above = rows[:, self.column] > self.threshold
        sides = np.stack([has[~is_above].mean(axis=0), has[is_above].mean(axis=0)])
        self.shares: Floats = sides.astype(np.float32)  # (side, K)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, class)``."""
        is_above = _flat(inputs)[:, self.column] > self.threshold
        return self.shares[is_above.astype(np.int64)]


def best_cut(column: Floats, has: Ints) -> tuple[int, float]:
    """Return how many rows the best threshold tells right, and the threshold; −1 where there is none.

    Args:
        column: Shape ``(row,)``.
        has: 1 at the class of each row, ``(row, class)``.
    """
    order = np.argsort(column, kind="stable")
    values = column[order]
    ends = np.flatnonzero(values[1:] > values[:-1])  # last row of each value but the highest
    if not len(ends):
        return -1, 0.0
    below = np.cumsum(has[order], axis=0)
    right = below[ends].max(axis=1) + (below[-1] - below[ends]).max(axis=1)
    best = int(np.argmax(right))
    low, high = float(values[ends[best]]), float(values[ends[best] + 1])
    middle = np.float32((low + high) / 2)
    return int(right[best]), float(middle if middle < high else low)


def _flat(inputs: Inputs) -> Floats:
    return np.asarray(inputs, np.float32).reshape(len(inputs), -1)
