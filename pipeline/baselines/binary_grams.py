"""Texts as the set of their tokens and of their runs of tokens: whether, not how often."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.baselines.base import Inputs
from pipeline.baselines.grams import Grams
from pipeline.preprocessing.stream import Ints, SplitReader

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class BinaryGrams(Grams):
    """1 for each gram that stands in the text."""

    def read(self, reader: SplitReader, positions: Ints) -> "csr_matrix":
        """Return the rows of the texts at ``positions``; static columns are no grams that could be counted."""
        return self.rows(reader.inputs(positions), reader.lengths(positions))

    def rows(self, inputs: Inputs, lengths: Ints | None) -> "csr_matrix":
        """Return ``(text, gram)``; padding and grams unknown in training count for nothing."""
        from scipy.sparse import csr_matrix

        row, column, _ = self.counts(inputs)
        return csr_matrix(
            (np.ones(len(row), np.float32), (row, column)), shape=(len(inputs), len(self.known))
        )
