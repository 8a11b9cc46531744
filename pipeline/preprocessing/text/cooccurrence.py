"""Word vectors from the training texts alone: which tokens stand near which, counted and factorised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

REACH = 5
"""Tokens to the right that count as near; a neighbour at distance d counts (REACH + 1 − d) / REACH."""

SMOOTHING = 0.75
"""Power of a context's share: rare contexts would otherwise have too high a say."""

SPREAD = 0.4
"""Root mean square of the entries, about that of GloVe's vectors."""

PENDING = 2_000_000
MOST = 20_000_000
"""Pairs kept at most; beyond, the rarest are forgotten."""


class Neighbours:
    """Counts of tokens near one another, added text by text; memory grows with the vocabulary, not with the texts."""

    def __init__(self, vocabulary: int) -> None:
        self.vocabulary = vocabulary
        self.counts: Any = None
        self._pending: list[tuple[Ints, NDArray[np.float64]]] = []
        self._waiting = 0

    def add(self, ids: Ids, lengths: Ints) -> None:
        """Count the neighbours in texts that lie one after the other.

        Args:
            ids: Tokens, shape ``(token,)``; 0 and 1 (unknown) are nobody's neighbours.
            lengths: Tokens of each text, shape ``(text,)``.
        """
        text = np.repeat(np.arange(len(lengths)), lengths)
        for distance in range(1, min(REACH, len(ids) - 1) + 1):
            left, right = ids[:-distance].astype(np.int64), ids[distance:]
            near = (text[:-distance] == text[distance:]) & (left > 1) & (right > 1)
            keys, times = np.unique(left[near] * self.vocabulary + right[near], return_counts=True)
            self._pending.append((keys, times.astype(np.float64) * ((REACH + 1 - distance) / REACH)))
            self._waiting += len(keys)
        if self._waiting > PENDING:
            self._settle()

    def _settle(self) -> None:
        from scipy import sparse

        if not self._pending:
            return
        keys = np.concatenate([keys for keys, _ in self._pending])
        times = np.concatenate([times for _, times in self._pending])
        places = (keys // self.vocabulary, keys % self.vocabulary)
        found = sparse.coo_array((times, places), shape=(self.vocabulary, self.vocabulary)).tocsr()
        self.counts = found if self.counts is None else self.counts + found
        self._pending, self._waiting = [], 0
        floor = 1.0
        while self.counts.nnz > MOST:
            self.counts.data[self.counts.data <= floor] = 0.0
            self.counts.eliminate_zeros()
            floor *= 2.0

    def vectors(self, dimensions: int, *, seed: int) -> Floats:
        """Return a vector per token: positive pointwise mutual information, factorised.

        Unknown is the mean of all; padding, and what has no neighbours, is 0.

        Args:
            dimensions: Size of a vector; where there are fewer tokens, the rest is 0.
            seed: Start of the factorisation.

        Returns:
            Shape ``(token, dimension)``.

        Source:
            Levy, Goldberg & Dagan (2015), "Improving Distributional Similarity with Lessons Learned from Word
            Embeddings": context smoothing 0.75, square roots of the singular values.
        """
        from sklearn.utils.extmath import randomized_svd

        self._settle()
        vectors = np.zeros((self.vocabulary, dimensions), np.float32)
        if self.counts is None or not self.counts.nnz:
            return vectors
        rank = min(dimensions, self.vocabulary - 1)
        left, strength, _ = randomized_svd(_information(self.counts + self.counts.T), rank, random_state=seed)
        vectors[:, :rank] = left * np.sqrt(strength)
        known = vectors[2:]
        vectors[2:] = known * (SPREAD / (float(np.sqrt(np.mean(known**2))) or 1.0))
        vectors[1] = vectors[2:].mean(axis=0)
        vectors[0] = 0.0
        return vectors


def _information(counts: Any) -> Any:
    """Return positive pointwise mutual information, sparse, from symmetric counts."""
    counts = counts.tocoo()
    totals = np.asarray(counts.sum(axis=1)).reshape(-1)
    smooth = totals**SMOOTHING
    row, column = counts.coords
    expected = totals[row] * (smooth[column] / smooth.sum())
    information = counts.copy()
    information.data = np.maximum(np.log(counts.data / expected), 0.0)
    return information.tocsr()
