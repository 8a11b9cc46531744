"""What may not be torn apart, among samples too many to be held: equal keys, met in the order of the keys."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.buckets import Buckets, Column, mixed
from pipeline.preprocessing.split.codes import Members
from pipeline.preprocessing.split.stratified import majority

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

RECORD = np.dtype([("key", "<u8"), ("row", "<i8"), ("name", "<i4")])
AT_ONCE = 200_000
LARGE = 0.005
"""Equal samples that are more than this share of all always train: no part would have its share otherwise."""

SEEN = 200_000
"""Samples in which such crowds are looked for."""

SHOWN = 3


class Twins(Protocol):
    """What knows which samples are (nearly) the same."""

    most_alike: float
    """Share of samples that equal another from which on equality says nothing."""

    notes: tuple[str, ...]

    def find(self) -> Ints | None:
        """Return the cluster of each sample, all held at once; None: they do not count."""

    def hashes(self) -> Iterator[Keys]:
        """Yield a number per sample, the same for equal ones; 0: it says nothing, and equals none."""

    def aliases(self) -> tuple[Keys, Keys]:
        """Return hashes, rising, and for each the one that it is (nearly) the same as."""

    def ignore(self, alike: float) -> None:
        """Take note that this share of samples equals another, so that equality says nothing."""


@dataclass(frozen=True)
class Bundles:
    """Some bundles, in the order of their keys."""

    rows: Ints
    """Rows of all their samples."""

    of_row: Ints
    """Number of the bundle of each, from 0."""

    sizes: Ints
    names: Ints
    """The most frequent class in each bundle."""

    name_of_row: Ints
    """Class of each sample."""


@dataclass(frozen=True)
class Alike:
    """How many samples are (nearly) the same as another."""

    samples: int
    clusters: int
    examples: tuple[Ints, ...]
    """Rows of the samples of some clusters, three of each at most."""


@dataclass(frozen=True)
class Bundling:
    """Samples, each with a key on disk that equal ones share."""

    count: int
    scratch: Path
    """Folder for files."""

    seed: int
    """Decides the order of the bundles."""

    keys: Column | None = None
    """None: each sample stands for itself."""

    crowds: Keys = field(default_factory=lambda: np.empty(0, np.uint64))
    """Keys that too many samples share to be put in order in memory, rising."""

    names: Column | None = None
    """Number of the class of each; None: there is one class."""

    def with_names(self, names: Column) -> "Bundling":
        """Return the same samples, told by something else than their class."""
        return replace(self, names=names)

    def crowd_of(self, stretch: slice) -> Ints:
        """Return the number of the crowd each sample of a stretch is in, -1 where in none."""
        count = min(stretch.stop, self.count) - stretch.start
        if self.keys is None or not len(self.crowds):
            return np.full(count, -1, np.int64)
        keys = self.keys[stretch]
        places = np.minimum(np.searchsorted(self.crowds, keys), len(self.crowds) - 1)
        return np.where(self.crowds[places] == keys, places, -1).astype(np.int64)

    def stretches(self) -> Iterator[slice]:
        """Yield stretches of all samples, in their order."""
        for first in range(0, self.count, AT_ONCE):
            yield slice(first, min(first + AT_ONCE, self.count))

    def ordered(self, chosen: Members | None = None) -> Iterator[Bundles]:
        """Yield all bundles but the crowds in an order that chance decides, some at a time.

        Args:
            chosen: Which samples take part; None: all.
        """
        salt = mixed(np.array([self.seed + 1], np.uint64))
        buckets = Buckets(self.scratch / "buckets", RECORD, self.count)
        for stretch in self.stretches():
            keys = mixed(self._keys(stretch) ^ salt)
            here = self.crowd_of(stretch) < 0
            if chosen is not None:
                here &= chosen[stretch]
            records = np.zeros(int(here.sum()), RECORD)
            records["key"] = keys[here]
            records["row"] = stretch.start + np.flatnonzero(here)
            if self.names is not None:
                records["name"] = self.names[stretch][here]
            buckets.add(records)
        for records in buckets.ordered():
            yield _bundled(records)

    def alike(self) -> Alike:
        """Count the samples that are (nearly) the same as another."""
        samples, clusters = 0, len(self.crowds)
        rows: list[list[Ints]] = [[] for _ in self.crowds]
        for stretch in self.stretches() if clusters else ():
            crowd = self.crowd_of(stretch)
            samples += int((crowd >= 0).sum())
            for number in range(min(clusters, SHOWN)):
                rows[number].append(stretch.start + np.flatnonzero(crowd == number)[:SHOWN])
        examples = [np.concatenate(some)[:SHOWN] for some in rows[:SHOWN]]
        for some in self.ordered():
            several = np.flatnonzero(some.sizes > 1)
            samples, clusters = samples + int(some.sizes[several].sum()), clusters + len(several)
            for bundle in several[: max(SHOWN - len(examples), 0)]:
                examples.append(some.rows[some.of_row == bundle][:SHOWN])
        return Alike(samples, clusters, tuple(examples))

    def _keys(self, stretch: slice) -> Keys:
        if self.keys is None:
            return mixed(np.arange(stretch.start, stretch.stop, dtype=np.uint64))
        return self.keys[stretch]


def with_keys(bundling: Bundling, twins: Twins) -> Bundling:
    """Return the samples with keys that are equal for those that are (nearly) the same."""
    column = Column(bundling.scratch / "keys", np.uint64)
    old, new = twins.aliases()
    for hashes in twins.hashes():
        own = mixed(np.arange(column.rows, column.rows + len(hashes), dtype=np.uint64))
        keys = np.where(hashes == 0, own, hashes)
        if len(old):
            places = np.minimum(np.searchsorted(old, keys), len(old) - 1)
            keys = np.where(old[places] == keys, new[places], keys)
        column.append(keys)
    column.close()
    return replace(bundling, keys=column, crowds=_crowds(column))


def _crowds(keys: Column) -> Keys:
    """Return the keys that more than ``LARGE`` of the samples share, as evenly spaced samples tell."""
    # Odd, so that it does not march in step with rows that alternate.
    step = max(1, -(-len(keys) // SEEN)) | 1
    seen = np.concatenate([piece[::step].copy() for piece in keys.pieces(AT_ONCE)])
    values, counts = np.unique(seen, return_counts=True)
    found: Keys = values[(counts > LARGE * len(seen)) & (counts > 1)]
    return found


def _bundled(records: NDArray[np.void]) -> Bundles:
    keys, names = records["key"], records["name"].astype(np.int64)
    begins = np.r_[True, keys[1:] != keys[:-1]]
    of_row = np.cumsum(begins) - 1
    sizes = np.bincount(of_row)
    found = names[begins]
    several = sizes > 1
    if several.any():
        inside = several[of_row]
        found[several] = majority(names[inside], np.cumsum(begins[inside]) - 1)
    return Bundles(records["row"], of_row, sizes, found, names)
