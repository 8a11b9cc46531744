"""K parts of about the same size and the same class shares."""

import heapq

import numpy as np

from pipeline.preprocessing.split.codes import Ints

STAYS = -1
"""The number of what is never tested: it holds all there is of a class."""


def fold_numbers(sizes: Ints, counts: dict[int, dict[int, int]] | None, folds: int, *, seed: int) -> Ints:
    """Return the fold of each bundle, from 0; -1 for one that holds a whole class, which therefore stays in train.

    The largest go first, each to the fold that has least of its classes so far.

    Args:
        sizes: Units in each bundle, shape ``(bundle,)``.
        counts: Bundle → class → units, for bundles with a known class; None: there are no classes.
        folds: How many.
        seed: Decides between equals.

    Source:
        After scikit-learn's StratifiedGroupKFold, which also places groups greedily.
    """
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    if counts is None:
        return _dealt(sizes, order, folds)
    numbers = np.full(len(sizes), STAYS, np.int64)
    totals, holders = _over_all(counts)
    loads = np.zeros(folds)
    have: dict[int, np.ndarray] = {name: np.zeros(folds) for name in totals}
    singles: dict[int, list[int]] = {}
    for bundle in order.tolist():
        mine = counts.get(bundle, {})
        if any(holders[name] == 1 for name in mine):
            continue
        if sizes[bundle] == 1 and mine:
            singles.setdefault(next(iter(mine)), []).append(bundle)
            continue
        # A class counts by its share, so that a rare one weighs as much as a frequent one; size decides ties.
        crowd = sum(
            (have[name] * (count / totals[name] ** 2) for name, count in mine.items()), np.zeros(folds)
        )
        fold = int(np.lexsort((loads, crowd.round(12)))[0])
        numbers[bundle] = fold
        loads[fold] += sizes[bundle]
        for name, count in mine.items():
            have[name][fold] += count
    for name, members in sorted(singles.items()):
        heap = [(have[name][fold], loads[fold], fold) for fold in range(folds)]
        _deal(numbers, members, heap)
        loads += np.bincount(numbers[members], minlength=folds)
    return numbers


def _deal(numbers: Ints, members: list[int], heap: list[tuple[float, float, int]]) -> None:
    """Give each single unit to the fold that has fewest of its class, then fewest of all."""
    heapq.heapify(heap)
    for member in members:
        had, load, fold = heap[0]
        numbers[member] = fold
        heapq.heapreplace(heap, (had + 1, load + 1, fold))


def _over_all(counts: dict[int, dict[int, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Return the units of each class, and the bundles that have some of it."""
    totals: dict[int, int] = {}
    holders: dict[int, int] = {}
    for mine in counts.values():
        for name, count in mine.items():
            totals[name] = totals.get(name, 0) + count
            holders[name] = holders.get(name, 0) + 1
    return totals, holders


def _dealt(sizes: Ints, order: Ints, folds: int) -> Ints:
    numbers = np.full(len(sizes), STAYS, np.int64)
    heap = [(0, fold) for fold in range(folds)]
    for bundle in order.tolist():
        load, fold = heapq.heappop(heap)
        numbers[bundle] = fold
        heapq.heappush(heap, (load + int(sizes[bundle]), fold))
    return numbers
