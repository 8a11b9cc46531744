"""Texts as weighted counts of tokens and of short runs of tokens: what a linear rival reads."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.baselines.base import Inputs, LeftOutError, in_batches
from pipeline.baselines.features import Features, read_rows
from pipeline.foundation.arrays import distinct
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_GRAMS = 60_000
"""Grams kept, those of the most training texts."""

LEAST_OFTEN = 2
"""Training texts in which a gram has to stand."""

FEW_TOKENS = 500
"""A vocabulary below that is one of characters: of these, runs of up to four say what two words do."""

UNKNOWN = 1
"""Token id of what is not in the vocabulary; 0 is no token."""


class Grams(Features):
    """Runs of one and two tokens (of up to four characters), counted and weighted by how rare they are.

    Source:
        Salton & Buckley (1988), "Term-weighting approaches in automatic text retrieval" (logarithmic counts, inverse
        document frequency, rows of length 1).
    """

    unit = 0.1

    def __init__(self, vocabulary: int, most: int | None = None) -> None:
        self.vocabulary = vocabulary
        self.most = most or MOST_GRAMS
        self.longest = 4 if vocabulary < FEW_TOKENS else 2

    def fit(self, train: SplitReader, positions: Ints) -> "csr_matrix":
        """Choose the grams that occur in several texts, and weigh them.

        Raises:
            LeftOutError: No text has a token.
        """
        known, texts = np.empty(0, np.int64), np.empty(0, np.int64)
        for batch in in_batches(train, positions):
            text, gram = self._grams(train.inputs(batch))
            once = distinct(gram * len(batch) + text) // len(
                batch
            )  # a text counts once for each of its grams
            found = np.concatenate([known, once])
            counts = np.concatenate([texts, np.ones(len(once), np.int64)])
            known, which = np.unique(found, return_inverse=True)
            texts = np.bincount(which, counts, len(known)).astype(np.int64)
        often = np.flatnonzero(texts >= min(LEAST_OFTEN, texts.max(initial=0)))
        if not len(often):
            raise LeftOutError("the training texts have no token in them")
        chosen = np.sort(often[np.argsort(-texts[often], kind="stable")[: self.most]])
        self.known = known[chosen]
        self.weight = (np.log((1 + len(positions)) / (1 + texts[chosen])) + 1.0).astype(np.float32)
        return read_rows(self, train, positions)

    def rows(self, inputs: Inputs, lengths: Ints | None) -> "csr_matrix":
        """Return ``(text, gram)``; padding and grams unknown in training count for nothing."""
        from scipy.sparse import csr_matrix

        row, column, count = self.counts(inputs)
        value: Floats = (1.0 + np.log(count)).astype(np.float32) * self.weight[column]
        length = np.sqrt(np.bincount(row, value * value, len(inputs)))
        value /= length[row].astype(np.float32)
        return csr_matrix((value, (row, column)), shape=(len(inputs), len(self.known)))

    def counts(self, inputs: Inputs) -> tuple[Ints, Ints, Ints]:
        """Return text, column and count of each known gram of each text, all ``(entry,)``, in order."""
        text, gram = self._grams(inputs)
        place = np.minimum(np.searchsorted(self.known, gram), len(self.known) - 1)
        hit = self.known[place] == gram
        cell, count = np.unique(text[hit] * len(self.known) + place[hit], return_counts=True)
        row, column = np.divmod(cell, len(self.known))
        return row, column, count

    def _grams(self, inputs: Inputs) -> tuple[Ints, Ints]:
        """Return every gram as a number, and which text it stands in; both ``(gram,)``.

        A run is read as the digits of a number, and no digit of a known token is 0, so runs of
        different lengths never meet.
        """
        ids = np.asarray(inputs, np.int64)
        number, is_run = ids, ids > 0
        parts = [(np.nonzero(is_run)[0], ids[is_run])]
        is_known = ids > UNKNOWN
        is_run = is_known
        for size in range(2, self.longest + 1):
            if ids.shape[1] < size:
                break
            number = number[:, :-1] * self.vocabulary + ids[:, size - 1 :]
            is_run = is_run[:, :-1] & is_known[:, size - 1 :]
            parts.append((np.nonzero(is_run)[0], number[is_run]))
        return np.concatenate([text for text, _ in parts]), np.concatenate([gram for _, gram in parts])
