"""Splits hold what they promise, for many shapes of data."""

import numpy as np
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config import SplitConfig
from pipeline.preprocessing.split.divide import TEST, TRAIN, UNUSED, VAL, divide, moment_codes
from pipeline.preprocessing.split.units import Units

RNG = np.random.default_rng(7)


def by_time(steps, **settings):
    return divide(Units(len(steps), moments=steps), SplitConfig(kind="time", **settings), seed=0)


def by_group(groups, seed=0):
    return divide(Units(len(groups), groups=groups), SplitConfig(kind="group"), seed=seed)


def by_class(classes, seed=0):
    return divide(Units(len(classes), classes=classes), SplitConfig(kind="stratified"), seed=seed)


@pytest.mark.parametrize("seed", range(5))
def test_time_comes_in_order_and_every_group_is_cut_at_the_same_moment(seed):
    steps = np.random.default_rng(seed).permutation(np.repeat(np.arange(50), 3))

    codes = by_time(steps, val=0.2, test=0.2)

    assert steps[codes == TRAIN].max() < steps[codes == VAL].min()
    assert steps[codes == VAL].max() < steps[codes == TEST].min()
    assert np.bincount(codes).tolist() == [90, 30, 30]


def test_counts_of_moments_are_taken_from_the_start():
    codes = by_time(np.arange(100), train=50, val=20, test=10)

    assert [(codes == code).sum() for code in (TRAIN, VAL, TEST, UNUSED)] == [50, 20, 10, 20]


def test_more_moments_than_there_are_is_a_wrong_setting():
    with pytest.raises(ConfigError, match=r"asks for 90 \+ 20 \+ 20 time steps"):
        by_time(np.arange(100), train=90, val=20, test=20)


@pytest.mark.parametrize("seed", range(20))
def test_a_group_is_on_one_side_and_shares_come_close(seed):
    groups = np.sort(np.random.default_rng(seed).integers(0, 40, 2000))

    codes = by_group(groups, seed)

    assert all(len(np.unique(codes[groups == group])) == 1 for group in np.unique(groups))
    assert abs((codes == TEST).mean() - 0.2) < 0.05
    assert abs((codes == VAL).mean() - 0.15) < 0.05


@pytest.mark.parametrize("count", [3, 4, 5])
def test_few_groups_still_fill_every_part(count):
    codes = by_group(np.arange(count).repeat(10))

    assert set(codes.tolist()) == {TRAIN, VAL, TEST}


def test_two_groups_cannot_be_split():
    with pytest.raises(DataError, match="at least 3 groups, and the data have 2"):
        by_group(np.array([0, 0, 1]))


def test_class_shares_agree_over_the_parts():
    classes = RNG.choice(3, 3000, p=[0.7, 0.2, 0.1])

    codes = by_class(classes)

    whole = np.bincount(classes) / len(classes)
    for code in (TRAIN, VAL, TEST):
        assert np.allclose(np.bincount(classes[codes == code]) / (codes == code).sum(), whole, atol=0.005)


def test_a_rare_class_stays_in_train():
    codes = by_class(np.array([0] * 100 + [1, 1]))

    assert (codes[100:] == TRAIN).all()


def test_the_same_seed_draws_the_same_split_and_another_another():
    classes = RNG.integers(0, 4, 200)

    first, same, other = (by_class(classes, seed) for seed in (1, 1, 2))

    assert (first == same).all()
    assert (first != other).any()


def test_given_splits_are_kept_and_val_is_drawn_from_train():
    units = Units(120, classes=np.arange(120) % 2, given=("train",) * 100 + ("test",) * 20)

    codes = divide(units, SplitConfig(kind="given"), seed=0)

    assert (codes[100:] == TEST).all()
    assert set(codes[:100].tolist()) == {TRAIN, VAL}


def test_a_source_without_a_test_part_says_so():
    with pytest.raises(DataError, match="marks no sample as test"):
        divide(Units(2, given=("train", None)), SplitConfig(kind="given"), seed=0)


def test_shares_of_one_together_fit_however_they_are_rounded():
    config = SplitConfig(kind="time", train=0.7, val=0.1, test=0.2)

    codes = moment_codes(7588, config)

    assert np.bincount(codes).tolist() == [5311, 759, 1518]
