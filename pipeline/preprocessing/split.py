"""Which samples train, choose the epoch, and judge."""

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig
from pipeline.preprocessing.meta import SPLITS

Codes = NDArray[np.int8]
"""One entry per row or sample: 0 train, 1 val, 2 test, -1 in none."""

TRAIN, VAL, TEST, UNUSED = 0, 1, 2, -1


def split_by_time(steps: NDArray[np.int64], config: SplitConfig) -> Codes:
    """Divide rows into past, present and future at the same two moments for every group.

    Args:
        steps: Number of each row's moment, counted from 0 over all distinct moments.
        config: Shares or counts of moments.

    Raises:
        ConfigError: The parts need more moments than there are.
    """
    moments = int(steps.max()) + 1
    train, val, test = _moments(moments, config)
    codes = np.full(len(steps), UNUSED, np.int8)
    codes[steps < train] = TRAIN
    codes[(steps >= train) & (steps < train + val)] = VAL
    codes[(steps >= train + val) & (steps < train + val + test)] = TEST
    return codes


def _moments(moments: int, config: SplitConfig) -> tuple[int, int, int]:
    def count(part: float) -> int:
        return int(part) if part >= 1 else round(part * moments)

    val, test = count(config.val), count(config.test)
    train = moments - val - test if config.train is None else count(config.train)
    if train < 1 or train + val + test > moments:
        raise ConfigError(
            f"preprocessing.split asks for {max(train, 0)} + {val} + {test} time steps (train, val, test), and the "
            f"data have {moments}; lower preprocessing.split.val and test, or give shares below 1"
        )
    return train, val, test


def split_by_group(groups: NDArray[np.int64], config: SplitConfig, seed: int) -> Codes:
    """Put whole groups on one side, so that shares of *rows* come close to those asked for.

    Args:
        groups: Number of each row's group, from 0; -1 where it has none (such a row is its own group).
        config: Shares.
        seed: Decides which groups go where.

    Raises:
        DataError: There are fewer than three groups.
    """
    lone = groups < 0
    keys = groups.copy()
    keys[lone] = groups.max() + 1 + np.arange(int(lone.sum()))
    sizes = np.bincount(keys)
    present = np.flatnonzero(sizes)
    if len(present) < 3:
        raise DataError(
            f"preprocessing.split.kind=group needs at least 3 groups, and the data have {len(present)}; "
            f"use another split, or name another group column"
        )
    order = np.random.default_rng(seed).permutation(present)
    of_group = np.full(len(sizes), UNUSED, np.int8)
    of_group[order] = _filled(sizes[order], config)
    return of_group[keys]


def _filled(sizes: NDArray[np.int64], config: SplitConfig) -> Codes:
    """Fill test, then val, then train with groups in the order given; every part gets one at least."""
    total = int(sizes.sum())
    wanted = {TEST: config.test * total, VAL: config.val * total}
    codes = np.full(len(sizes), TRAIN, np.int8)
    position = 0
    for code, rows in wanted.items():
        filled, taken = 0, 0
        while position < len(sizes) - (2 if code == TEST else 1):
            if taken and filled + sizes[position] / 2 > rows:
                break
            codes[position] = code
            filled += int(sizes[position])
            taken, position = taken + 1, position + 1
    return codes


def split_stratified(classes: NDArray[np.int64], config: SplitConfig, seed: int) -> Codes:
    """Draw the parts from each class on its own, so that class shares agree; rare classes reach train first.

    Args:
        classes: Class index of each sample.
        config: Shares.
        seed: Decides which samples go where.
    """
    rng = np.random.default_rng(seed)
    codes = np.full(len(classes), TRAIN, np.int8)
    for index in np.unique(classes):
        members = rng.permutation(np.flatnonzero(classes == index))
        test = _share(config.test, len(members))
        val = _share(config.val, len(members))
        codes[members[:test]] = TEST
        codes[members[test : test + val]] = VAL
        if config.train is not None:
            codes[members[test + val + _share(config.train, len(members)) :]] = UNUSED
    return codes


def _share(part: float, members: int) -> int:
    """Return how many of ``members`` a part gets; a class of two still leaves one to train."""
    return min(round(part * members), (members - 1) // 2)


def split_given(names: list[str | None], classes: NDArray[np.int64], config: SplitConfig, seed: int) -> Codes:
    """Take the splits that the source gives; without a val part, draw one from train.

    Raises:
        DataError: The source gives no splits, or no train or no test part.
    """
    codes = np.array([SPLITS.index(name) if name in SPLITS else UNUSED for name in names], np.int8)
    for code, name in ((TRAIN, "train"), (TEST, "test")):
        if not (codes == code).any():
            raise DataError(
                f"preprocessing.split.kind=given, and the source marks no sample as {name}; "
                f"use preprocessing.split.kind=stratified"
            )
    if not (codes == VAL).any():
        inside = np.flatnonzero(codes == TRAIN)
        drawn = split_stratified(
            classes[inside], config.model_copy(update={"test": 0.0, "train": None}), seed
        )
        codes[inside[drawn == VAL]] = VAL
    return codes


def require_every_part(codes: Codes, what: str) -> None:
    """Check that no part is empty.

    Raises:
        DataError: One is, so nothing could be trained, chosen or judged.
    """
    counts = {name: int((codes == code).sum()) for code, name in enumerate(SPLITS)}
    empty = [name for name, count in counts.items() if not count]
    if empty:
        raise DataError(
            f"the split leaves no {what} for {' and '.join(empty)} (train {counts['train']}, val {counts['val']}, "
            f"test {counts['test']}); change preprocessing.split, or bring more data"
        )
