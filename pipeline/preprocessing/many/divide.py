"""Which samples train, choose the epoch, and judge, where they are too many to be held."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.many.bundles import Bundling, Twins, with_keys
from pipeline.preprocessing.many.census import Census
from pipeline.preprocessing.many.draw import Draw
from pipeline.preprocessing.many.groups import Groups, draw_val_groups, draw_whole_groups, fold_whole_groups
from pipeline.preprocessing.sample_rows import looks_for_twins, require_times
from pipeline.preprocessing.series.moments import Moments, cuts
from pipeline.preprocessing.split.codes import (
    TEST,
    TRAIN,
    UNUSED,
    VAL,
    Codes,
    Members,
    part_counts,
    require_every_part,
)
from pipeline.preprocessing.split.divide import (
    lack_of_groups,
    lack_of_times,
    only_val,
    refusal_of_twins,
    require_given,
)
from pipeline.preprocessing.split.groups import require_groups


def can_divide(census: Census, config: SplitConfig) -> bool:
    """Return whether samples can be divided in pieces; where groups decide and some have none, all are held."""
    whole = census.groups is not None or not census.grouped
    match config.kind:
        case "group" | "leave_one_out":
            return whole
        case "folds":
            return config.folds_of == "time" or whole
        case "given":
            return not census.grouped or _has(census.given, VAL)
        case _:
            return True


def divide_many(census: Census, twins: Twins, config: SplitConfig, *, seed: int, scratch: Path) -> Codes:
    """Return the part of each sample: 0 train, 1 val, 2 test, -1 in none.

    It obeys what :func:`pipeline.preprocessing.split.divide.divide` does; only chance falls otherwise.

    Args:
        census: What is divided; :func:`can_divide` says whether it can be.
        twins: Knows which samples are (nearly) the same.
        config: Kind, shares, fold, purge.
        seed: Decides where chance does.
        scratch: Folder for files.

    Raises:
        ConfigError: The parts need more time steps than there are.
        DataError: The kind needs times or given splits that are missing; duplicates are refused and there are some;
            a part is empty.
    """
    bundling = Bundling(census.count, scratch, seed)
    if looks_for_twins(config):
        bundling = _bound(bundling, census, twins, config)
    codes = _codes(census, bundling, config)
    require_every_part(codes, "samples")
    return codes


def _bound(bundling: Bundling, census: Census, twins: Twins, config: SplitConfig) -> Bundling:
    """Return the samples, bound to those that are (nearly) the same where that says something."""
    bound = with_keys(bundling, twins)
    if twins.most_alike >= 1 and config.duplicates != "refuse":
        return bound
    alike = bound.alike()
    if alike.samples > twins.most_alike * census.count:
        twins.ignore(alike.samples / census.count)
        return bundling
    if config.duplicates == "refuse" and alike.samples:
        names = [" = ".join(census.origin_of(row) for row in rows.tolist()) for rows in alike.examples]
        raise refusal_of_twins(alike.samples, census.count, alike.clusters, names=names)
    return bound if config.duplicates == "together" else bundling


def _codes(census: Census, bundling: Bundling, config: SplitConfig) -> Codes:
    codes = np.full(census.count, TRAIN, np.int8)
    match config.kind:
        case "given":
            return _given(census, bundling, config)
        case "random":
            return _drawn(codes, replace(bundling, keys=None), Draw(np.array([census.count]), config))
        case "stratified":
            return _drawn(codes, bundling.with_names(census.names), Draw(census.totals, config))
        case "group":
            return draw_whole_groups(_groups(census, config), census.names, bundling, config)
        case "leave_one_out":
            return _left_out(census, bundling, config)
        case "folds" if config.folds_of != "time" and census.groups is not None:
            return fold_whole_groups(census.groups, census.names, bundling, config)
        case "folds" if config.folds_of != "time" and census.untimed:
            return _folds(codes, census, bundling.with_names(census.names), config)
        case _:
            return _without_twins(_timed(census, config, bundling.scratch), bundling)


def _drawn(codes: Codes, bundling: Bundling, draw: Draw, chosen: Members | None = None) -> Codes:
    """Draw the parts, class by class; a crowd of equal samples stays in train."""
    for some in bundling.ordered(chosen):
        codes[some.rows] = draw.codes(some)[some.of_row]
    return codes


def _folds(codes: Codes, census: Census, bundling: Bundling, config: SplitConfig) -> Codes:
    """Test one of k stretches of each class, in an order of chance; val is drawn from the others."""
    tested = _drawn(codes, bundling, Draw.of_fold(census.totals, config))
    rest = part_counts(tested)["train"]
    return _with_val(tested, census, bundling, only_val(config, census.count / max(rest, 1)))


def _left_out(census: Census, bundling: Bundling, config: SplitConfig) -> Codes:
    """Test one group; what is the same as something in it is left out, and val is drawn from the others."""
    groups = _groups(census, config)
    require_groups(len(groups), config, fewest=2)
    codes = np.full(census.count, TRAIN, np.int8)
    for stretch in bundling.stretches():
        codes[stretch][groups.of(stretch) == config.fold] = TEST
    codes = _without_twins(codes, bundling)
    alone = only_val(config, census.count / max(part_counts(codes)["train"], 1))
    if draw_val_groups(groups, bundling, codes, alone):
        return codes
    return _with_val(codes, census, bundling.with_names(census.names), alone)


def _groups(census: Census, config: SplitConfig) -> Groups:
    if census.groups is None:
        raise lack_of_groups(config)
    return census.groups


def _with_val(codes: Codes, census: Census, bundling: Bundling, config: SplitConfig) -> Codes:
    """Draw val, class by class, out of what trains."""
    trains = Members(codes.copy(), TRAIN)
    totals = np.zeros_like(census.totals)
    for stretch in bundling.stretches():
        totals += np.bincount(census.names[stretch][trains[stretch]], minlength=len(totals))
    return _drawn(codes, bundling, Draw(totals, config), trains)


def _given(census: Census, bundling: Bundling, config: SplitConfig) -> Codes:
    """Take the splits that the source gives; without a val part, draw one from train by class."""
    codes = np.full(census.count, UNUSED, np.int8) if census.given is None else census.given
    require_given(codes)
    if _has(codes, VAL):
        return codes
    alone = config.model_copy(update={"test": 0.0, "train": None})
    return _with_val(codes, census, bundling.with_names(census.names), alone)


def _timed(census: Census, config: SplitConfig, scratch: Path) -> Codes:
    """Divide by time: the distinct times are put in order, on disk where they are many."""
    if census.untimed == census.count:
        raise lack_of_times(config)
    if census.untimed:
        require_times(census.untimed, census.count, config, first=census.first_untimed)
    moments = Moments(scratch)
    for times in census.times():
        moments.add(times)
    ordered = moments.ordered()
    borders = cuts(ordered, config)
    ordered.close()
    codes = np.full(census.count, UNUSED, np.int8)
    first = 0
    for times in census.times():
        codes[first : first + len(times)] = borders.of(times)
        first += len(times)
    return codes


def _without_twins(codes: Codes, bundling: Bundling) -> Codes:
    """Leave out of train what is (nearly) the same as something in val or test, and out of val likewise."""
    if bundling.keys is None:
        return codes
    latest = np.full(len(bundling.crowds) + 1, UNUSED, np.int8)  # the last one stands for no crowd
    for stretch in bundling.stretches():
        np.maximum.at(latest, bundling.crowd_of(stretch), codes[stretch])
    for stretch in bundling.stretches():
        crowd = bundling.crowd_of(stretch)
        codes[stretch][(crowd >= 0) & (codes[stretch] != latest[crowd])] = UNUSED
    for some in bundling.ordered():
        part = codes[some.rows]
        most = np.full(len(some.sizes), UNUSED, np.int8)
        np.maximum.at(most, some.of_row, part)
        codes[some.rows] = np.where(part == most[some.of_row], part, UNUSED)
    return codes


def _has(codes: Codes | None, code: int) -> bool:
    return codes is not None and bool((codes == code).any())
