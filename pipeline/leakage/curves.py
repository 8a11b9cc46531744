"""Series that are nearly the same: candidates by a short sketch, each checked by its full course."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints
from pipeline.leakage.sketches import Vectors, near_vectors

Floats = NDArray[np.floating]
COARSE = 64
SLACK = 0.01
"""A short course may correlate by so much less than the full one."""

STEPS_AT_ONCE = 4_000_000
"""Steps of all pairs whose courses are held together."""


def near_series(rows: Sequence[Floats], similarity: float) -> Ints:
    """Return pairs of series that are nearly the same, shape ``(pair, 2)``.

    Each channel is centred, scaled by its own deviation, and stretched to the longer of the two. Two series are
    nearly the same when they then correlate by at least 1 - (1 - similarity)⁴, 0.9999 at 0.9: smooth courses of one
    class correlate by 0.999 without being copies.

    Args:
        rows: Series of shape ``(time,)`` or ``(time, channel)``, all with the same channels.
        similarity: Between 0 and 1.
    """
    if len(rows) < 2 or similarity >= 1:
        return np.empty((0, 2), np.int64)
    coarse: Vectors = np.stack([_course(series, COARSE) for series in rows])
    pairs = near_vectors(len(rows), lambda some: coarse[some])
    wanted = 1 - (1 - similarity) ** 4
    likely = [
        np.einsum("ij,ij->i", coarse[one], coarse[other]) >= wanted - SLACK
        for one, other in (part.T for part in np.array_split(pairs, len(pairs) // 10_000 + 1))
    ]
    pairs = pairs[np.concatenate(likely)]
    near: Ints = pairs[_likenesses(rows, pairs) >= wanted]
    return near


def _likenesses(rows: Sequence[Floats], pairs: Ints) -> NDArray[np.float64]:
    """Return how the full courses of each pair correlate, shape ``(pair,)``.

    Smooth series have many candidates each: the course of a series is made once for all of its pairs that are
    compared at one length, as far as memory allows.
    """
    sizes = np.array([len(series) for series in rows], np.int64)
    lengths = np.maximum(sizes[pairs].max(axis=1), 2)
    likeness = np.empty(len(pairs))
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        for some in np.array_split(places, len(places) * length // STEPS_AT_ONCE + 1):
            involved, ends = np.unique(pairs[some], return_inverse=True)
            courses = [_course(rows[place], length).astype(np.float64) for place in involved.tolist()]
            likeness[some] = [np.dot(courses[one], courses[other]) for one, other in ends.reshape(-1, 2)]
    return likeness


def _course(series: Floats, length: int) -> NDArray[np.float32]:
    """Return a series of ``length`` steps as one vector of length 1; what is missing counts as the mean."""
    table = np.asarray(series, np.float64).reshape(len(series), -1)
    places = np.linspace(0, max(len(table) - 1, 0), length)
    with np.errstate(invalid="ignore"):
        table = table - _known_mean(table)
        table = np.nan_to_num(table / np.maximum(np.sqrt(_known_mean(table**2)), 1e-12), posinf=0, neginf=0)
    stretched = np.stack([np.interp(places, np.arange(len(table)), channel) for channel in table.T])
    stretched -= stretched.mean(axis=1, keepdims=True)
    norm = float(np.linalg.norm(stretched))
    return (stretched.ravel() / norm if norm > 1e-9 else stretched.ravel() * 0).astype(np.float32)


def _known_mean(table: Floats) -> Floats:
    known = np.isfinite(table)
    sums = np.where(known, table, 0).sum(axis=0)
    means: Floats = sums / np.maximum(known.sum(axis=0), 1)
    return means
