"""Whole groups on one side: what belongs together, and where it goes."""

import numpy as np

from pipeline.foundation.arrays import distinct
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.split.codes import TEST, TRAIN, UNUSED, VAL, Codes, Ints
from pipeline.preprocessing.split.folds import fold_numbers

FEWEST = 3
DRAWS = 50


def bundles(groups: Ints | None, twins: Ints | None, count: int) -> Ints:
    """Return the number of the bundle each unit belongs to: what may not be torn apart.

    Units of one group are bound together, units that are (nearly) the same too, and so on through both. Bundles are
    numbered by the least group in them, so that the order of the rows does not matter where there are groups.

    Args:
        groups: Group of each unit, -1 where it has none; None: there are none.
        twins: Cluster of near-duplicates of each unit; None: they do not count.
        count: Units.
    """
    labels = np.arange(count, dtype=np.int64)
    keys = []
    if groups is not None:
        lone = groups < 0
        labels = np.where(lone, groups.max(initial=-1) + 1 + labels, groups)
        keys.append(labels)
    if twins is not None:
        keys.append(np.where(twins < 0, twins.max(initial=-1) + 1 + np.arange(count), twins))
    while True:  # labels flow along groups and clusters until they are the same in all that is connected
        before = labels
        for key in keys:
            least = np.full(int(key.max(initial=0)) + 1, np.iinfo(np.int64).max)
            np.minimum.at(least, key, labels)
            labels = least[key]
        if np.array_equal(before, labels):
            return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def group_codes(sizes: Ints, config: SplitConfig, *, seed: int) -> Codes:
    """Return the part of each group, for the kinds group, leave_one_out and folds.

    Args:
        sizes: Samples of each group, groups in the order of their names.
        config: Shares; for leave_one_out and folds also which of the divisions.
        seed: Decides which groups go where.

    Raises:
        ConfigError: ``fold`` counts a group that does not exist.
        DataError: There are fewer than three groups.
    """
    require_groups(len(sizes), config)
    order = np.random.default_rng(seed).permutation(len(sizes))
    codes = np.full(len(sizes), TRAIN, np.int8)
    if config.kind == "leave_one_out":
        codes[config.fold] = TEST
    elif config.kind == "folds":
        codes[fold_numbers(sizes, None, config.folds, seed=seed) == config.fold] = TEST
    total = int(sizes.sum())
    if config.kind == "group":
        _fill(codes, order, sizes, code=TEST, wanted=config.test * total)
    _fill(codes, order, sizes, code=VAL, wanted=config.val * total)
    if config.train is not None:
        _thin(codes, order, sizes, wanted=config.train * total)
    return codes


def draw_groups(keys: Ints, classes: Ints | None, config: SplitConfig, seed: int) -> Codes:
    """Return the part of each unit, whole bundles on one side.

    With classes the first of several draws is taken in which train knows every class, and if possible val and test
    do too; a class that train never saw could not be learnt.

    Args:
        keys: Number of each unit's bundle.
        classes: Class of each unit, -1 where unknown; None: there are none.
        config: Kind group, and its shares.
        seed: Decides which bundles go where.
    """
    pairs = None if classes is None else (keys[classes >= 0], classes[classes >= 0])
    return draw_bundles(np.bincount(keys), pairs, config, seed)[keys]


def draw_bundles(sizes: Ints, pairs: tuple[Ints, Ints] | None, config: SplitConfig, seed: int) -> Codes:
    """Return the part of each bundle, as :func:`draw_groups` does for units.

    Args:
        sizes: Units of each bundle.
        pairs: Which bundle has units of which class, however often; None: there are no classes.
        config: Kind group, and its shares.
        seed: Decides which bundles go where.
    """
    draws = (group_codes(sizes, config, seed=seed + 1_000_003 * draw) for draw in range(DRAWS))
    first = next(draws)
    if pairs is None:
        return first
    known = len(distinct(pairs[1]))
    best, most = first, _knows(first, pairs)
    while most < (known, known * 3):
        codes = next(draws, None)
        if codes is None:
            break
        if _knows(codes, pairs) > most:
            best, most = codes, _knows(codes, pairs)
    return best


def draw_val(keys: Ints, config: SplitConfig, seed: int) -> Codes:
    """Return train and val codes of units, whole bundles on one side; one bundle at least is val, where there are two.

    Args:
        keys: Number of each unit's bundle, from 0 without gaps.
        config: Its shares are of these units.
        seed: Decides which bundles go where.
    """
    return draw_val_bundles(np.bincount(keys), config, seed)[keys]


def draw_val_bundles(sizes: Ints, config: SplitConfig, seed: int) -> Codes:
    """Return train and val codes of bundles of so many units each, as :func:`draw_val` does for units."""
    total = int(sizes.sum())
    order = np.random.default_rng(seed).permutation(len(sizes))
    codes = np.full(len(sizes), TRAIN, np.int8)
    _fill(codes, order, sizes, code=VAL, wanted=config.val * total)
    if config.train is not None:
        _thin(codes, order, sizes, wanted=config.train * total)
    return codes


def _knows(codes: Codes, pairs: tuple[Ints, Ints]) -> tuple[int, int]:
    """Return how many classes train has, and how many all parts have, added up."""
    bundles, classes = pairs
    counts = [len(distinct(classes[codes[bundles] == code])) for code in (TRAIN, VAL, TEST)]
    return counts[0], sum(counts)


def require_bundles(groups: int, bundles: int, config: SplitConfig) -> None:
    """Check that near-duplicates leave enough of the groups apart from one another.

    Raises:
        DataError: They do not.
    """
    if bundles < FEWEST <= groups:
        raise DataError(
            f"preprocessing.split.kind=group needs at least {FEWEST} groups, and near-duplicates bind the "
            f"{groups} groups of the data into {bundles}; raise "
            f"preprocessing.split.similarity above {config.similarity:g}, or set preprocessing.split.duplicates=ignore"
        )


def require_groups(count: int, config: SplitConfig, *, fewest: int = FEWEST) -> None:
    """Check that there are enough groups, and the one that ``fold`` counts.

    Raises:
        ConfigError: ``fold`` counts a group that does not exist.
        DataError: There are too few groups.
    """
    if config.kind == "folds" and config.folds > count:
        raise DataError(
            f"preprocessing.split.folds={config.folds}, and the data have {count} groups; lower folds, or set "
            f"preprocessing.split.folds_of=time"
        )
    if count < fewest:
        raise DataError(
            f"preprocessing.split.kind={config.kind} needs at least {fewest} groups, and the data have {count}; "
            f"use another split, or name another group column"
        )
    if config.kind == "leave_one_out" and config.fold >= count:
        raise ConfigError(
            f"preprocessing.split.fold={config.fold} is counted from 0, and the data have {count} groups; "
            f"the last is {count - 1}"
        )


def _fill(codes: Codes, order: Ints, sizes: Ints, *, code: int, wanted: float) -> None:
    """Move groups from train to a part in the order given, until it is as large as wanted; at least one.

    A group that alone is more than twice the part is passed over while there are others, and so many groups stay
    behind as the parts after this one need.
    """
    free = order[codes[order] == TRAIN]
    small = free[sizes[free] <= 2 * wanted]
    kept = 1 if code == VAL else FEWEST - 1
    filled, taken = 0, 0
    for group in small if len(small) else free[np.argsort(sizes[free], kind="stable")]:
        if (taken and filled + sizes[group] / 2 > wanted) or taken >= len(free) - kept:
            break
        codes[group] = code
        filled, taken = filled + int(sizes[group]), taken + 1


def _thin(codes: Codes, order: Ints, sizes: Ints, *, wanted: float) -> None:
    """Leave groups out of train, the last ones first, once it is as large as wanted; one stays."""
    train = order[codes[order] == TRAIN]
    before = np.cumsum(sizes[train]) - sizes[train]
    over = train[(before + sizes[train] / 2 > wanted) & (before > 0)]
    codes[over] = UNUSED
