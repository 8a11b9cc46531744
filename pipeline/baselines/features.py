"""What a linear rival sees of a sample: a fixed number of columns, whatever the kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.baselines.base import Inputs, in_batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

MOST_FEATURES = 4096
"""Columns at most where they are dense; longer samples are averaged down, so that time and memory stay bounded."""

Rows = Any
"""One row per sample: a dense array ``(sample, feature)``, or a sparse matrix of that shape."""


class Features(ABC):
    """From samples to rows; a new one is unfitted."""

    unit: float
    """What a penalty is told in: weights of rows of larger numbers are smaller."""

    @abstractmethod
    def fit(self, train: SplitReader, positions: Ints) -> Rows:
        """Learn from the training samples at ``positions``, and return their rows.

        Raises:
            LeftOutError: Nothing is left to see.
        """

    @abstractmethod
    def rows(self, inputs: Inputs, lengths: Ints | None) -> Rows:
        """Return the rows of some samples, as :meth:`SplitReader.inputs` and ``lengths`` give them."""

    def read(self, reader: SplitReader, positions: Ints) -> Rows:
        """Return the rows of the samples at ``positions``, and behind them their static columns where there are any."""
        rows = self.rows(reader.inputs(positions), reader.lengths(positions))
        return beside(rows, reader.static(positions))


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


def read_rows(features: Features, reader: SplitReader, positions: Ints) -> Rows | None:
    """Return the rows of the samples at ``positions``, read in batches; None where there are none."""
    parts = [features.read(reader, batch) for batch in in_batches(reader, positions)]
    if not parts:
        return None
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    from scipy.sparse import vstack

    return vstack(parts, format="csr")


def beside(rows: Rows, static: Floats | None) -> Rows:
    """Return rows with static columns, which are scaled already, behind their own."""
    if static is None:
        return rows
    if isinstance(rows, np.ndarray):
        return np.hstack([rows, static])
    from scipy.sparse import csr_matrix, hstack

    return hstack([rows, csr_matrix(static)], format="csr")


def build_features(reader: SplitReader) -> Features:
    """Return unfitted features for the data of ``reader``."""
    from pipeline.baselines.grams import Grams
    from pipeline.baselines.summary import summary

    if reader.meta.kind == "text":
        return Grams(reader.meta.vocabulary)
    return Standardised(summary if reader.meta.ragged else flat)


def _deviation(rows: Floats) -> Floats:
    """Return each feature's deviation, but no less than a tenth of the mean one.

    A pixel that is black in all but one training image would otherwise outweigh all others the day
    it is not.
    """
    deviation = rows.std(axis=0)
    floored: Floats = np.maximum(deviation, max(0.1 * float(deviation.mean()), 1e-6)).astype(np.float32)
    return floored
