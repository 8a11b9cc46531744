"""Texts that are nearly the same: candidates by MinHash, each checked by its shingles."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import distinct
from pipeline.leakage.clusters import Ints, neighbours
from pipeline.leakage.shingles import HASHES, shingle_chunks, signatures

REACH = 8
PAIRS_AT_ONCE = 20_000
MISSED = 1e-3

WORKED_ON = 400_000_000
"""Bytes of the texts that are compared at a time, of what is made of them, and of their signatures."""


def most_texts(mean_bytes: float) -> int:
    """Return how many texts of that size are compared; of more, evenly spaced ones are, whatever memory there is."""
    return max(int(WORKED_ON / (3 * mean_bytes + 4 * HASHES)), 1_000)


def near_texts(texts: pl.Series, similarity: float) -> Ints:
    """Return pairs of texts that share at least ``similarity`` of their shingles (Jaccard), shape ``(pair, 2)``.

    Args:
        texts: Normalised, distinct, none of them empty.
        similarity: Between 0 and 1.
    """
    if len(texts) < 2 or similarity >= 1:
        return np.empty((0, 2), np.int64)
    table = signatures(texts)
    sizes = texts.str.len_bytes().to_numpy()
    found = [_likely(table, sizes, band, similarity) for band in bands(similarity)]
    pairs = np.unique(np.concatenate(found), axis=0)
    likeness = [
        jaccard(texts, pairs[first : first + PAIRS_AT_ONCE]) for first in range(0, len(pairs), PAIRS_AT_ONCE)
    ]
    return pairs[np.concatenate(likeness) >= similarity] if likeness else pairs


def bands(similarity: float) -> list[slice]:
    """Return the stretches of a signature of which one has to agree, as long as ``similarity`` allows.

    Texts that are just so alike are missed once in a thousand times.

    Source:
        Indyk and Motwani (1998), "Approximate nearest neighbors: towards removing the curse of dimensionality".
    """
    for rows in range(HASHES, 0, -1):
        count = HASHES // rows
        if (1 - similarity**rows) ** count <= MISSED or rows == 1:
            return [slice(rows * band, rows * (band + 1)) for band in range(count)]
    raise AssertionError  # rows reach 1


def _likely(table: NDArray[np.uint32], sizes: Ints, band: slice, similarity: float) -> Ints:
    """Return pairs that agree in the band, and in about as many places as alike ones would."""
    rows = np.ascontiguousarray(table[:, band])
    keys = np.unique(
        rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))), return_inverse=True
    )[1]
    pairs = neighbours(keys.ravel(), sizes, reach=REACH)
    agree = np.empty(len(pairs), bool)
    for first in range(0, len(pairs), 100_000):
        some = pairs[first : first + 100_000]
        agree[first : first + 100_000] = (table[some[:, 0]] == table[some[:, 1]]).mean(
            axis=1
        ) > similarity - 0.25
    return pairs[agree]


def jaccard(texts: pl.Series, pairs: Ints) -> NDArray[np.float64]:
    """Return how many shingles two texts share, of all that one of them has, shape ``(pair,)``."""
    involved, places = np.unique(pairs, return_inverse=True)
    sets = _sets(texts.gather(involved.tolist()))
    places = places.reshape(pairs.shape)
    likeness = np.empty(len(pairs))
    for number, (one, other) in enumerate(places):
        small, large = sorted((sets[one], sets[other]), key=len)
        shared = int(np.isin(small, large, assume_unique=True).sum()) if len(small) else 0
        likeness[number] = shared / (len(small) + len(large) - shared)
    return likeness


def _sets(texts: pl.Series) -> list[NDArray[np.uint64]]:
    return [
        distinct(hashes[begin:end])
        for _, hashes, begins in shingle_chunks(texts)
        for begin, end in zip(begins, np.r_[begins[1:], len(hashes)], strict=True)
    ]
