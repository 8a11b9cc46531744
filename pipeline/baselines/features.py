"""What a linear rival sees of a sample: a fixed number of columns, whatever the kind of data."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from pipeline.baselines.base import Inputs, in_batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

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
