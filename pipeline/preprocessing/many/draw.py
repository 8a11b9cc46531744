"""Parts drawn class by class, for samples that come in an order of chance and are too many to be held."""

from typing import Self

import numpy as np

from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.many.bundles import Bundles, Ints
from pipeline.preprocessing.split.codes import TEST, TRAIN, UNUSED, VAL, Codes


class Draw:
    """The first bundles of a class test, the next choose the epoch, the others train, as many as each part is to have.

    What ``split_stratified`` draws by a permutation in memory, the order of the keys draws here.
    """

    def __init__(self, totals: Ints, config: SplitConfig) -> None:
        """Begin.

        Args:
            totals: Samples of each class.
            config: Shares.
        """
        few = np.maximum((totals - 1) // 2, 0)  # a class of two still leaves one to train
        self.test = np.minimum(np.round(config.test * totals), few)
        self.val = np.minimum(np.round(config.val * totals), few)
        self.train = totals if config.train is None else np.maximum(np.round(config.train * totals), 1)
        self.first = np.zeros(len(totals))
        """Samples of a class before those that test."""

        self._taken = np.zeros(len(totals), np.int64)

    @classmethod
    def of_fold(cls, totals: Ints, config: SplitConfig) -> Self:
        """Return a draw in which one fold of each class tests, and all others train."""
        draw = cls(totals, config)
        draw.first = np.round(totals * config.fold / config.folds)
        draw.test = np.round(totals * (config.fold + 1) / config.folds) - draw.first
        draw.val, draw.train = np.zeros(len(totals)), totals
        return draw

    def codes(self, bundles: Bundles) -> Codes:
        """Return the part of each bundle; they have to come in their order."""
        names, sizes = bundles.names, bundles.sizes
        large = sizes > 2 * np.maximum(np.maximum(self.test, self.val), 1)[names]
        counted = np.where(large, 0, sizes)
        middles = self._ends(names, counted) - sizes / 2
        bounds = np.cumsum([each[names] for each in (self.first, self.test, self.val, self.train)], axis=0)
        parts = [large, *(middles < bound for bound in bounds)]
        codes = np.select(parts, [TRAIN, TRAIN, TEST, VAL, TRAIN], UNUSED)
        self._taken += np.bincount(names, counted, len(self._taken)).astype(np.int64)
        return codes.astype(np.int8)

    def _ends(self, names: Ints, sizes: Ints) -> Ints:
        """Return how many samples of its class have come with the end of each bundle."""
        order = np.argsort(names, kind="stable")
        running = np.cumsum(sizes[order])
        firsts = np.flatnonzero(np.r_[True, np.diff(names[order]) != 0])
        before = (running - sizes[order])[firsts]
        ends = np.empty(len(names), np.int64)
        ends[order] = running - np.repeat(before, np.diff(np.r_[firsts, len(names)]))
        return ends + self._taken[names]
