"""From pairs that are alike to clusters."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def clusters(count: int, pairs: Ints) -> Ints:
    """Return the number of the cluster each thing belongs to, in the order of their first members.

    Likeness is passed on: where a is like b and b like c, all three are one cluster.

    Args:
        count: Things, numbered from 0.
        pairs: Those that are alike, shape ``(pair, 2)``.
    """
    labels = np.arange(count, dtype=np.int64)
    first, second = pairs[:, 0], pairs[:, 1]
    while True:
        least = np.minimum(labels[first], labels[second])
        after = labels.copy()
        for ends in (first, second, labels[first], labels[second]):
            np.minimum.at(after, ends, least)
        after = after[after]  # a label is a member of the cluster: jump to its own
        if np.array_equal(labels, after):
            return np.unique(labels, return_inverse=True)[1].astype(np.int64)
        labels = after


def spread(of_distinct: Ints, distinct: Ints) -> Ints:
    """Return clusters of all things, given those of the distinct ones, in the order of their first members.

    Args:
        of_distinct: Cluster of each distinct thing.
        distinct: Which distinct thing each thing is.
    """
    return in_order(of_distinct[distinct])


def in_order(keys: Ints) -> Ints:
    """Return ``keys`` numbered from 0 without gaps, in the order in which they come first."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    ranks = np.empty(len(first), np.int64)
    ranks[np.argsort(first)] = np.arange(len(first))
    return ranks[inverse]


def neighbours(keys: Ints, order_by: NDArray[np.generic], *, reach: int) -> Ints:
    """Return pairs of things with the same key that are near each other in ``order_by``.

    Args:
        keys: One bucket number per thing.
        order_by: A value that differs little between things that are alike.
        reach: Each thing is paired with so many that follow it in its bucket.

    Returns:
        Pairs of positions, shape ``(pair, 2)``, the smaller first.

    Source:
        Hernández and Stolfo (1995), "The Merge/Purge Problem for Large Databases": sorted neighbourhoods.
    """
    order = np.lexsort((order_by, keys))
    ordered = keys[order]
    found = []
    for distance in range(1, reach + 1):
        same = np.flatnonzero(ordered[distance:] == ordered[:-distance])
        if not len(same):
            break
        found.append(np.stack([order[same], order[same + distance]], axis=1))
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    return np.sort(pairs, axis=1).astype(np.int64)
