"""Which of many vectors may be nearly the same: candidates, found without comparing all with all."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints, neighbours

Vectors = NDArray[np.float32]

BITS = 256
BANDS = 24
REACH = 8
FAR = 0.2
"""Vectors whose sketches differ in a larger share of bits are no candidates."""

CHUNK = 2_000
SEEN_FOR_MEAN = 10_000


def near_vectors(count: int, vectors: Callable[[Ints], Vectors]) -> Ints:
    """Return pairs of vectors that may be nearly the same in direction, shape ``(pair, 2)``.

    Vectors are centred on their common mean first: what all X-rays share says nothing about two of them. Each bit of
    a sketch says on which side of a random plane a vector lies.

    Args:
        count: How many there are.
        vectors: Gives those at some positions, shape ``(position, feature)``, each of length 1 (or 0).

    Source:
        Charikar (2002), "Similarity estimation techniques from rounding algorithms".
    """
    if count < 2:
        return np.empty((0, 2), np.int64)
    rng = np.random.default_rng(97)
    seen = np.unique(np.linspace(0, count - 1, min(count, SEEN_FOR_MEAN)).astype(np.int64))
    mean = np.mean(
        np.stack([vectors(part).mean(axis=0) for part in np.array_split(seen, len(seen) // CHUNK + 1)]), 0
    )
    # With few vectors the mean is largely made of the two that are compared.
    mean = mean * (1 - min(1.0, 20 / count))
    planes = rng.standard_normal((len(mean), BITS + 1)).astype(np.float32)
    bits, values = _sketches(count, vectors, mean, planes)
    width = int(np.clip(np.log2(count), 6, 20))
    found = []
    for _ in range(BANDS):
        chosen = rng.choice(BITS, width, replace=False)
        keys = bits[:, chosen] @ (1 << np.arange(width, dtype=np.int64))
        pairs = neighbours(keys, values, reach=REACH)
        found.append(pairs[_agree(bits, pairs)])
    return np.unique(np.concatenate(found), axis=0)


def _sketches(
    count: int, vectors: Callable[[Ints], Vectors], mean: Vectors, planes: Vectors
) -> tuple[NDArray[np.bool_], Vectors]:
    bits = np.empty((count, BITS), bool)
    values = np.empty(count, np.float32)
    for first in range(0, count, CHUNK):
        part = np.arange(first, min(first + CHUNK, count))
        sides = (vectors(part) - mean) @ planes
        bits[part], values[part] = sides[:, :-1] > 0, sides[:, -1]
    return bits, values


def _agree(bits: NDArray[np.bool_], pairs: Ints) -> NDArray[np.bool_]:
    agree = np.empty(len(pairs), bool)
    for first in range(0, len(pairs), 50_000):
        one, other = pairs[first : first + 50_000].T
        agree[first : first + 50_000] = (bits[one] ^ bits[other]).mean(axis=1) <= FAR
    return agree
