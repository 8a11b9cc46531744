"""Equal class shares in every part."""

import numpy as np

from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.split.codes import TEST, TRAIN, UNUSED, VAL, Codes, Ints


def split_stratified(classes: Ints, config: SplitConfig, seed: int, *, bundles: Ints | None = None) -> Codes:
    """Draw the parts from each class on its own, so that class shares agree; rare classes reach train first.

    Args:
        classes: Class index of each sample.
        config: Shares.
        seed: Decides which samples go where.
        bundles: Number of what each sample may not be torn from, from 0 without gaps; None: nothing.
    """
    keys = np.arange(len(classes)) if bundles is None else bundles
    sizes = np.bincount(keys)
    of_bundle = majority(classes, keys)
    rng = np.random.default_rng(seed)
    codes = np.full(len(sizes), TRAIN, np.int8)
    for index in np.unique(of_bundle):
        members = rng.permutation(np.flatnonzero(of_bundle == index))
        codes[members] = _drawn(sizes[members], config)
    return codes[keys]


def class_counts(classes: Ints, bundles: Ints) -> dict[int, dict[int, int]]:
    """Return bundle → class → samples; samples of an unknown class (-1) do not count."""
    known = classes >= 0
    pairs, counts = np.unique(np.stack([bundles[known], classes[known]]), axis=1, return_counts=True)
    table: dict[int, dict[int, int]] = {}
    for bundle, name, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
        table.setdefault(bundle, {})[name] = count
    return table


def majority(classes: Ints, keys: Ints) -> Ints:
    """Return the most frequent class in each bundle, the least of equals."""
    # One number for each pair: rows of an array are sorted slowly, and copied to be.
    span = int(classes.max(initial=-1)) + 2
    pairs, counts = np.unique(keys * span + (classes + 1), return_counts=True)
    of_pair = pairs // span
    order = np.lexsort((pairs, -counts, of_pair))
    first = np.unique(of_pair[order], return_index=True)[1]
    majority: Ints = pairs[order][first] % span - 1
    return majority


def _drawn(sizes: Ints, config: SplitConfig) -> Codes:
    """Return the part of each bundle of one class, in the order drawn; a class of two still leaves one to train."""
    total = int(sizes.sum())
    wanted = [round(config.test * total), round(config.val * total)]
    order = np.argsort(sizes > 2 * max(*wanted, 1), kind="stable")  # what is too large for a part comes last
    codes = np.full(len(sizes), TRAIN, np.int8)
    start = 0
    for code, rows in zip((TEST, VAL), wanted, strict=True):
        start += _take(codes, order[start:], sizes, code=code, wanted=rows)
    if config.train is not None:
        rest = order[start:]
        middles = np.cumsum(sizes[rest]) - sizes[rest] / 2
        keep = max(int((middles < round(config.train * total)).sum()), 1)
        codes[rest[keep:]] = UNUSED
    return codes


def _take(codes: Codes, order: Ints, sizes: Ints, *, code: int, wanted: int) -> int:
    middles = np.cumsum(sizes[order]) - sizes[order] / 2
    taken = min(int((middles < wanted).sum()), (len(codes) - 1) // 2)
    codes[order[:taken]] = code
    return taken
