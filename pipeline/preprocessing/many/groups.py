"""Whole groups on one side, among samples too many to be held: memory grows with the groups, and hardly else."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.foundation.arrays import distinct
from pipeline.foundation.buckets import Column
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.many.bundles import Bundling, Ints
from pipeline.preprocessing.split.codes import TEST, TRAIN, Codes, Members
from pipeline.preprocessing.split.divide import only_val
from pipeline.preprocessing.split.folds import fold_numbers
from pipeline.preprocessing.split.groups import draw_bundles, draw_val_bundles, require_bundles

Pairs = tuple[Ints, Ints, Ints]
"""Group, class and how many samples they share: each pair once."""


@dataclass(frozen=True)
class Groups:
    """The group of each sample, as a number in the order of the groups' names."""

    numbers: Column
    """As they came first in the table."""

    ranks: Ints
    """Place among the names of each of these, which are counted from 1."""

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.ranks) - 1

    def of(self, stretch: slice) -> Ints:
        """Return the groups of a stretch of samples."""
        found: Ints = self.ranks[self.numbers[stretch]]
        return found


def draw_whole_groups(groups: Groups, classes: Column, bundling: Bundling, config: SplitConfig) -> Codes:
    """Return the part of each sample; groups that share (nearly) the same sample go together.

    Raises:
        DataError: There are too few groups.
    """
    bound = _bound(groups, bundling)
    require_bundles(len(groups), int(bound.max()) + 1, config)
    group, name, count = _pairs(groups, classes, bundling)
    sizes = np.bincount(bound[group], count).astype(np.int64)
    known = name >= 0
    pairs = (bound[group][known], name[known]) if known.any() else None
    return _spread(groups, bundling, draw_bundles(sizes, pairs, config, bundling.seed)[bound])


def fold_whole_groups(groups: Groups, classes: Column, bundling: Bundling, config: SplitConfig) -> Codes:
    """Return the part of each sample where one of k parts of the groups tests.

    Args:
        groups: The group of each sample.
        classes: The class of each, 0 where unknown.
        bundling: Which samples are (nearly) the same.
        config: Folds, which of them tests, and the share of val.

    Raises:
        DataError: There are too few groups.
    """
    bound = _bound(groups, bundling)
    pairs = _pairs(groups, classes, bundling)
    sizes = np.bincount(bound[pairs[0]], pairs[2]).astype(np.int64)
    if len(sizes) < config.folds:
        raise DataError(
            f"preprocessing.split.folds={config.folds}, and the data have {len(sizes)} groups; lower folds"
        )
    tested = fold_numbers(sizes, _by_bundle(pairs, bound), config.folds, seed=bundling.seed) == config.fold
    codes = np.full(len(sizes), TEST, np.int8)
    alone = only_val(config, bundling.count / max(int(sizes[~tested].sum()), 1))
    codes[~tested] = draw_val_bundles(sizes[~tested], alone, bundling.seed)
    return _spread(groups, bundling, codes[bound])


def draw_val_groups(groups: Groups, bundling: Bundling, codes: Codes, alone: SplitConfig) -> bool:
    """Draw val, whole groups, from what trains; return False, and change nothing, where all of it hangs together."""
    trains = Members(codes.copy(), TRAIN)
    bound = _bound(groups, bundling, trains)
    sizes = np.zeros(int(bound.max()) + 1, np.int64)
    for stretch in bundling.stretches():
        sizes += np.bincount(bound[groups.of(stretch)[trains[stretch]]], minlength=len(sizes))
    there = np.flatnonzero(sizes)
    if len(there) < 2:
        return False
    drawn = np.full(len(sizes), TRAIN, np.int8)
    drawn[there] = draw_val_bundles(sizes[there], alone, bundling.seed)
    for stretch in bundling.stretches():
        own = drawn[bound[groups.of(stretch)]]
        codes[stretch] = np.where(trains[stretch], own, codes[stretch])
    return True


def _spread(groups: Groups, bundling: Bundling, of_group: Codes) -> Codes:
    codes = np.empty(bundling.count, np.int8)
    for stretch in bundling.stretches():
        codes[stretch] = of_group[groups.of(stretch)]
    return codes


def _bound(groups: Groups, bundling: Bundling, chosen: Members | None = None) -> Ints:
    """Return the bundle of each group, numbered by the least group in it."""
    count = len(groups)
    links = distinct(np.concatenate([np.empty(0, np.int64), *_links(groups, bundling, chosen)]))
    nodes = count + len(bundling.crowds)
    edges = coo_array((np.ones(len(links), np.int8), np.divmod(links, nodes)), shape=(nodes, nodes))
    labels = connected_components(edges, directed=False)[1][:count]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    places: Ints = np.argsort(np.argsort(first))[inverse].astype(np.int64)
    return places


def _links(groups: Groups, bundling: Bundling, chosen: Members | None) -> Iterator[Ints]:
    """Yield which groups share a sample, each pair as one number, and some of them twice."""
    if bundling.keys is None:
        return
    nodes = len(groups) + len(bundling.crowds)
    for stretch in bundling.stretches() if len(bundling.crowds) else ():
        crowd = bundling.crowd_of(stretch)
        here = crowd >= 0 if chosen is None else (crowd >= 0) & chosen[stretch]
        yield np.unique((len(groups) + crowd[here]) * nodes + groups.of(stretch)[here])
    for some in bundling.with_names(groups.numbers).ordered(chosen):
        own = groups.ranks[some.name_of_row]
        first = own[np.flatnonzero(np.r_[True, np.diff(some.of_row) > 0])][some.of_row]
        apart = first != own
        yield distinct(first[apart] * nodes + own[apart])


def _pairs(groups: Groups, classes: Column, bundling: Bundling) -> Pairs:
    """Return which group has samples of which class (-1: unknown), and how many."""
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for stretch in bundling.stretches():
        # The class stands in the lower half; it is counted from 1, so that 0 is unknown.
        own = (groups.of(stretch) << 32) | classes[stretch].astype(np.int64)
        found, times = np.unique(own, return_counts=True)
        keys, place = np.unique(np.r_[keys, found], return_inverse=True)
        counts = np.bincount(place, np.r_[counts, times], len(keys)).astype(np.int64)
    return keys >> 32, (keys & 0xFFFFFFFF) - 1, counts


def _by_bundle(pairs: Pairs, bound: Ints) -> dict[int, dict[int, int]] | None:
    """Return bundle → class → samples; None where no class is known."""
    found: dict[int, dict[int, int]] = {}
    for group, name, count in zip(*(each.tolist() for each in pairs), strict=True):
        if name >= 0:
            mine = found.setdefault(int(bound[group]), {})
            mine[name] = mine.get(name, 0) + count
    return found or None
