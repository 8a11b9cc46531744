"""Which samples train, choose the epoch, and judge: one splitter for every kind of data."""

from typing import assert_never

import numpy as np

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.split.codes import TEST, TRAIN, UNUSED, VAL, Codes, Ints, require_every_part
from pipeline.preprocessing.split.folds import fold_numbers
from pipeline.preprocessing.split.groups import (
    bundles,
    draw_groups,
    draw_val,
    group_codes,
    require_bundles,
    require_groups,
)
from pipeline.preprocessing.split.moments import moment_codes
from pipeline.preprocessing.split.stratified import class_counts, split_stratified
from pipeline.preprocessing.split.tables import split_table
from pipeline.preprocessing.split.units import Units

__all__ = [
    "TEST",
    "TRAIN",
    "UNUSED",
    "VAL",
    "Codes",
    "Ints",
    "divide",
    "group_codes",
    "moment_codes",
    "split_table",
]


def divide(units: Units, config: SplitConfig, *, seed: int) -> Codes:
    """Return the part of each unit: 0 train, 1 val, 2 test, -1 in none.

    With ``duplicates: together`` units that are (nearly) the same are on one side. Where time or a group decides
    what tests, that stands, and their twins are left out of train (and val); a split that the source gives stays
    what it is, and the audit tells what it tears apart.

    Args:
        units: What is divided, and what is known about it.
        config: Kind, shares, fold, purge.
        seed: Decides where chance does.

    Raises:
        ConfigError: The parts need more time steps than there are, or ``fold`` counts what does not exist.
        DataError: The kind needs times, groups or given splits that are missing; duplicates are refused and there
            are some; a part is empty.
    """
    if config.duplicates == "refuse" and config.kind != "random":
        _refuse_twins(units)
    twins = units.twins if config.duplicates == "together" else None
    codes = _codes(units, twins, config, seed)
    require_every_part(codes, "samples")
    return codes


def _codes(units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> Codes:
    classes = np.zeros(units.count, np.int64) if units.classes is None else units.classes
    match config.kind:
        case "time" | "walk":
            return without_twins(moment_codes_of(_moments(units, config), config), twins)
        case "group":
            return _grouped(units, twins, config, seed)
        case "leave_one_out":
            return _left_out(units, twins, config, seed)
        case "stratified":
            return split_stratified(classes, config, seed, bundles=bundles(None, twins, units.count))
        case "given":
            return _given(units, twins, config, seed)
        case "folds":
            return _folds(units, twins, config, seed)
        case "random":
            return split_stratified(np.zeros(units.count, np.int64), config, seed)
        case _:
            assert_never(config.kind)


def _grouped(units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> Codes:
    groups = _groups(units, config)
    keys = bundles(groups, twins, units.count)
    apart = bundles(groups, None, units.count)
    require_bundles(int(apart.max()) + 1, int(keys.max()) + 1, config)
    return draw_groups(keys, units.classes, config, seed)


def moment_codes_of(moments: Ints, config: SplitConfig) -> Codes:
    """Return the part of each unit by its moment."""
    return moment_codes(int(moments.max(initial=-1)) + 1, config)[moments]


def without_twins(codes: Codes, twins: Ints | None) -> Codes:
    """Leave out of train what is (nearly) the same as something in val or test, and out of val likewise.

    The part that judges stays whole, so that scores with and without duplicates are about the same samples.
    """
    if twins is None:
        return codes
    clusters = np.unique(twins, return_inverse=True)[1]
    latest = np.full(int(clusters.max(initial=-1)) + 1, UNUSED, np.int8)
    np.maximum.at(latest, clusters, codes)
    return np.where(codes == latest[clusters], codes, UNUSED).astype(np.int8)


def _left_out(units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> Codes:
    """Test one group; what is the same as something in it is left out, and the others are divided as bundles.

    Where one other group, or bundle, is left, val is drawn from inside it.
    """
    groups = _groups(units, config)
    names = np.unique(groups)
    if names[0] < 0:
        raise DataError(
            f"preprocessing.split.kind=leave_one_out, and {int((groups < 0).sum()):,} samples have no group; "
            f"check sources.group"
        )
    require_groups(len(names), config, fewest=2)
    codes = np.where(groups == names[config.fold], TEST, TRAIN).astype(np.int8)
    codes = without_twins(codes, twins)
    rest = np.flatnonzero(codes == TRAIN)
    of_rest = None if twins is None else twins[rest]
    keys = bundles(groups[rest], of_rest, len(rest))
    alone = only_val(config, units.count / max(len(rest), 1))
    if keys.any():
        codes[rest] = draw_val(keys, alone, seed)
        return codes
    classes = np.zeros(units.count, np.int64) if units.classes is None else units.classes
    codes[rest] = split_stratified(classes[rest], alone, seed, bundles=bundles(None, of_rest, len(rest)))
    return codes


def _folds(units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> Codes:
    """Divide by whole groups where there are any, else by time where there are times, else by class."""
    if config.folds_of == "time" or (units.groups is None and units.moments is not None):
        return without_twins(moment_codes_of(_moments(units, config), config), twins)
    keys = bundles(units.groups, twins, units.count)
    sizes = np.bincount(keys)
    if len(sizes) < config.folds:
        what = "groups" if units.groups is not None else "different samples"
        raise DataError(
            f"preprocessing.split.folds={config.folds}, and the data have {len(sizes)} {what}; lower folds"
        )
    counts = None if units.classes is None else class_counts(units.classes, keys)
    codes = np.full(units.count, TRAIN, np.int8)
    codes[(fold_numbers(sizes, counts, config.folds, seed=seed) == config.fold)[keys]] = TEST
    rest = np.flatnonzero(codes == TRAIN)
    inside = np.unique(keys[rest], return_inverse=True)[1]
    alone = only_val(config, units.count / max(len(rest), 1))
    if units.groups is not None or units.classes is None:
        codes[rest] = draw_val(inside, alone, seed)
    else:
        codes[rest] = split_stratified(units.classes[rest], alone, seed, bundles=inside)
    return codes


def only_val(config: SplitConfig, factor: float) -> SplitConfig:
    """Return a configuration that draws val, and no test, out of what is left of the units."""
    train = None if config.train is None else min(config.train * factor, 1.0)
    return config.model_copy(update={"test": 0.0, "val": min(config.val * factor, 0.5), "train": train})


def _given(units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> Codes:
    """Take the splits that the source gives; without a val part, draw one from train."""
    names = units.given or (None,) * units.count
    places: dict[str | None, int] = {name: code for code, name in enumerate(SPLITS)}
    codes = np.array([places.get(name, UNUSED) for name in names], np.int8)
    require_given(codes)
    if not (codes == VAL).any():
        _draw_val(codes, units, twins, config, seed)
    return codes


def require_given(codes: Codes) -> None:
    """Check that the source marks samples for training and for the test.

    Raises:
        DataError: It does not.
    """
    for code, name in ((TRAIN, "train"), (TEST, "test")):
        if not (codes == code).any():
            raise DataError(
                f"preprocessing.split.kind=given, and the source marks no sample as {name}; "
                f"use preprocessing.split.kind=stratified"
            )


def _draw_val(codes: Codes, units: Units, twins: Ints | None, config: SplitConfig, seed: int) -> None:
    """Draw val from train as the source drew test: whole groups if it keeps them whole, else by class."""
    inside = np.flatnonzero(codes == TRAIN)
    groups = units.groups
    if groups is not None:
        shared = np.intersect1d(groups[codes == TRAIN], groups[codes == TEST])
        groups = None if (shared >= 0).any() or len(np.unique(groups[inside])) < 2 else groups[inside]
    keys = bundles(groups, None if twins is None else twins[inside], len(inside))
    classes = np.zeros(units.count, np.int64) if units.classes is None else units.classes
    alone = config.model_copy(update={"test": 0.0, "train": None})
    if groups is None:
        codes[inside] = split_stratified(classes[inside], alone, seed, bundles=keys)
    else:
        codes[inside] = draw_val(keys, alone, seed)


def _moments(units: Units, config: SplitConfig) -> Ints:
    if units.moments is None:
        raise lack_of_times(config)
    return units.moments


def lack_of_times(config: SplitConfig) -> DataError:
    """Return the error about samples without times where a split needs them."""
    setting = "folds_of=time" if config.kind == "folds" else f"kind={config.kind}"
    return DataError(
        f"preprocessing.split.{setting} needs times, and the samples have none; name the column in "
        f"sources.time, or use another split"
    )


def _groups(units: Units, config: SplitConfig) -> Ints:
    if units.groups is None:
        raise lack_of_groups(config)
    return units.groups


def lack_of_groups(config: SplitConfig) -> DataError:
    """Return the error about samples without groups where a split needs them."""
    return DataError(
        f"preprocessing.split.kind={config.kind} needs groups, and the samples have none; name the column in "
        f"sources.group, or use another split"
    )


def _refuse_twins(units: Units) -> None:
    if units.twins is None:
        return
    clusters, counts = np.unique(units.twins, return_counts=True)
    repeated = clusters[counts > 1]
    if not len(repeated):
        return
    names = [_named(units, units.twins == cluster) for cluster in repeated[:3]]
    raise refusal_of_twins(int(counts[counts > 1].sum()), units.count, len(repeated), names=names)


def refusal_of_twins(samples: int, count: int, clusters: int, *, names: list[str]) -> DataError:
    """Return the error about samples that are (nearly) the same as another.

    Args:
        samples: How many are.
        count: Of how many.
        clusters: In how many clusters.
        names: Where the samples of some clusters came from.
    """
    return DataError(
        f"{samples:,} of {count:,} samples are (nearly) the same as another, in "
        f"{clusters:,} clusters, such as {'; '.join(names)}; take them out, or set "
        f"preprocessing.split.duplicates=together"
    )


def _named(units: Units, members: np.ndarray) -> str:
    places = np.flatnonzero(members)[:3]
    if units.names is None or "origin" not in units.names.columns:
        return " = ".join(f"sample {place}" for place in places)
    return " = ".join(str(name) for name in units.names["origin"].gather(places.tolist()))
