"""Numbers of a sample as dense columns on one scale."""

from collections.abc import Callable

import numpy as np

from pipeline.baselines.base import Inputs, in_batches
from pipeline.baselines.features import Features, beside
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

MOST_FEATURES = 4096
"""Columns at most where they are dense; longer samples are averaged down, so that time and memory stay bounded."""


class Standardised(Features):
    """Dense columns, each centred and scaled on the training samples.

    Args:
        columns: Turns ``inputs`` and ``lengths`` into ``(sample, feature)``.
    """

    unit = 1.0

    def __init__(self, columns: Callable[[Inputs, Ints | None], Floats]) -> None:
        self.columns = columns

    def fit(self, train: SplitReader, positions: Ints) -> Floats:
        """Fit the scale; only one copy of the rows is held."""
        parts = [
            self.columns(train.inputs(batch), train.lengths(batch)) for batch in in_batches(train, positions)
        ]
        rows = np.concatenate(parts)
        self.offset, self.scale = rows.mean(axis=0), _deviation(rows)
        rows -= self.offset
        rows /= self.scale
        joined: Floats = beside(rows, train.static(positions))
        return joined

    def rows(self, inputs: Inputs, lengths: Ints | None) -> Floats:
        """Return the scaled columns."""
        scaled: Floats = (self.columns(inputs, lengths) - self.offset) / self.scale
        return scaled


def flat(inputs: Inputs, lengths: Ints | None) -> Floats:
    """Return ``(sample, feature)``: all numbers of a sample, neighbours averaged where there are too many."""
    row = np.asarray(inputs, np.float32).reshape(len(inputs), -1)
    together = -(-row.shape[1] // MOST_FEATURES)
    if together == 1:
        return row.copy()
    kept = row.shape[1] // together
    averaged: Floats = row[:, : kept * together].reshape(len(row), kept, together).mean(axis=2)
    return averaged


def _deviation(rows: Floats) -> Floats:
    """Return each feature's deviation, but no less than a tenth of the mean one.

    A pixel that is black in all but one training image would otherwise outweigh all others the day
    it is not.
    """
    deviation = rows.std(axis=0)
    floored: Floats = np.maximum(deviation, max(0.1 * float(deviation.mean()), 1e-6)).astype(np.float32)
    return floored
