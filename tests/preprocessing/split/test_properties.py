"""What a split promises, for any data."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.split.divide import TEST, TRAIN, UNUSED, VAL, divide, group_codes, moment_codes
from pipeline.preprocessing.split.units import Units

SHARES = st.floats(0.1, 0.3)
SEEDS = st.integers(0, 2**31)
FAST = settings(max_examples=60, deadline=None)


def drawn(seed, count, kinds):
    return np.random.default_rng(seed).integers(0, kinds, count)


def torn(codes, keys):
    """Return the keys of which some samples are in one part and some in another."""
    used = codes != UNUSED
    return [key for key in np.unique(keys[used]) if len(np.unique(codes[used & (keys == key)])) > 1]


@FAST
@given(SEEDS, st.integers(40, 300), st.integers(20, 40), SHARES, SHARES)
def test_no_group_and_no_twins_are_torn_apart(seed, count, groups, val, test):
    of_group, twins = drawn(seed, count, groups), drawn(seed + 1, count, count)
    units = Units(count, groups=of_group, twins=twins)
    assume(len(np.unique(of_group)) >= 10)

    try:
        codes = divide(units, SplitConfig(kind="group", val=val, test=test), seed=seed)
    except DataError as error:  # twins may bind so many groups together that no three are left
        assert "near-duplicates bind" in str(error)
        return

    assert torn(codes, of_group) == []
    assert torn(codes, twins) == []


@FAST
@given(SEEDS, st.integers(100, 400), SHARES, SHARES)
def test_shares_are_as_asked_where_groups_are_small(seed, count, val, test):
    units = Units(count, groups=drawn(seed, count, 60))

    codes = divide(units, SplitConfig(kind="group", val=val, test=test), seed=seed)

    largest = np.bincount(units.groups).max()
    assert abs((codes == TEST).sum() - test * count) <= largest
    assert abs((codes == VAL).sum() - val * count) <= largest


@FAST
@given(SEEDS, st.integers(60, 300), st.integers(2, 5), SHARES, SHARES)
def test_classes_are_divided_alike_and_twins_stay_together(seed, count, kinds, val, test):
    classes = drawn(seed, count, kinds)
    twins = np.arange(count)
    twins[1::10] = twins[0::10][: len(twins[1::10])]  # pairs of neighbours
    units = Units(count, classes=classes, twins=twins)

    codes = divide(units, SplitConfig(kind="stratified", val=val, test=test), seed=seed)

    assert torn(codes, twins) == []
    for index in np.unique(classes):
        members = (classes == index).sum()
        assert abs((codes[classes == index] == TEST).sum() - test * members) <= 8


@FAST
@given(SEEDS, st.integers(30, 200), st.integers(2, 5), st.sampled_from(["none", "groups", "classes", "both"]))
def test_folds_test_every_sample_exactly_once(seed, count, folds, known):
    groups = drawn(seed, count, 15) if known in ("groups", "both") else None
    classes = drawn(seed + 1, count, 2) if known in ("classes", "both") else None
    assume(classes is None or min(np.bincount(classes, minlength=2)) >= 10)
    assume(groups is None or len(np.unique(groups)) >= 10)
    units = Units(
        count, classes=classes, groups=groups, twins=np.arange(count) // 2 if groups is None else None
    )

    times = np.zeros(count, int)
    for fold in range(folds):
        codes = divide(units, SplitConfig(kind="folds", folds=folds, fold=fold), seed=seed)
        times += codes == TEST
        assert groups is None or torn(codes, groups) == []
        assert units.twins is None or torn(codes, units.twins) == []

    assert (times == 1).all()


@FAST
@given(SEEDS, st.integers(80, 300), st.integers(2, 4), st.integers(0, 5), st.integers(0, 5))
def test_folds_by_time_keep_their_distance_and_cover_all(seed, moments, folds, purge, embargo):
    config = SplitConfig(kind="folds", folds=folds, val=0.1, purge=purge, embargo=embargo)

    times = np.zeros(moments, int)
    for fold in range(folds):
        codes = moment_codes(moments, config.model_copy(update={"fold": fold}))
        times += codes == TEST
        train, test = np.flatnonzero(codes == TRAIN), np.flatnonzero(codes == TEST)
        assert np.ptp(test) == len(test) - 1
        assert (np.abs(train[:, None] - test[None]).min() > purge) if len(train) else True
        after = train[train > test.max()]
        assert not len(after) or after.min() - test.max() > purge + embargo

    assert (times == 1).all()


@FAST
@given(st.integers(60, 400), SHARES, SHARES, st.integers(0, 5))
def test_time_goes_forward_and_the_purge_is_left_out(moments, val, test, purge):
    codes = moment_codes(moments, SplitConfig(kind="time", val=val, test=test, purge=purge))

    parts = [np.flatnonzero(codes == code) for code in (TRAIN, VAL, TEST)]
    assert parts[1].min() - parts[0].max() == purge + 1
    assert parts[2].min() - parts[1].max() == purge + 1
    assert abs(len(parts[2]) - test * moments) <= 1


@FAST
@given(
    st.integers(100, 400), st.integers(2, 6), st.sampled_from(["expanding", "sliding"]), st.integers(0, 3),
    st.floats(0.2, 0.5),
)  # fmt: skip
def test_walking_forward_never_trains_on_the_future(moments, folds, history, purge, test):
    config = SplitConfig(kind="walk", folds=folds, history=history, purge=purge, val=0.1, test=test)

    walked, lengths = [], []
    for fold in range(folds):
        codes = moment_codes(moments, config.model_copy(update={"fold": fold}))
        parts = [np.flatnonzero(codes == code) for code in (TRAIN, VAL, TEST)]
        assert parts[0].max() + purge < parts[1].min()
        assert parts[1].max() + purge < parts[2].min()
        walked.append(parts[2])
        lengths.append(len(parts[0]))

    assert np.concatenate(walked).tolist() == list(range(moments - round(test * moments), moments))
    assert np.all(np.diff(lengths) > 0) if history == "expanding" else np.ptp(lengths) == 0


@FAST
@given(SEEDS, st.integers(50, 200), st.sampled_from(["group", "folds", "leave_one_out"]))
def test_the_order_of_the_rows_does_not_change_where_a_group_goes(seed, count, kind):
    groups, classes = drawn(seed, count, 12), drawn(seed + 1, count, 2)
    groups = np.unique(groups, return_inverse=True)[1]
    assume(groups.max() >= 8)
    config = SplitConfig(kind=kind, fold=1)
    order = np.random.default_rng(seed).permutation(count)

    codes = divide(Units(count, classes=classes, groups=groups), config, seed=seed)
    shuffled = divide(Units(count, classes=classes[order], groups=groups[order]), config, seed=seed)

    assert (codes[order] == shuffled).all()


@FAST
@given(SEEDS, st.sampled_from(["group", "stratified", "folds", "random", "leave_one_out"]))
def test_the_same_seed_draws_the_same_split(seed, kind):
    units = Units(120, classes=drawn(3, 120, 3), groups=np.arange(120) // 5, twins=np.arange(120) // 2)

    first, second = (divide(units, SplitConfig(kind=kind), seed=seed) for _ in range(2))

    assert (first == second).all()


@FAST
@given(SEEDS, st.integers(3, 12), st.data())
def test_leaving_one_group_out_tests_that_group_alone(seed, groups, data):
    fold = data.draw(st.integers(0, groups - 1))
    of_group = np.arange(groups).repeat(8)
    twins = np.arange(len(of_group))
    twins[0] = twins[-1]  # the first and the last group share a sample
    units = Units(len(of_group), groups=of_group, twins=twins)

    codes = divide(units, SplitConfig(kind="leave_one_out", fold=fold), seed=seed)

    assert set(np.flatnonzero(codes == TEST)) == set(np.flatnonzero(of_group == fold))
    assert groups == 3 or torn(codes, of_group) == []  # of three, twins may bind the other two into one
    assert torn(codes, twins) == []


def test_twins_of_what_is_tested_leave_the_training_of_a_split_by_time():
    twins = np.arange(100)
    twins[3] = 95

    together, ignored = (
        divide(
            Units(100, moments=np.arange(100), twins=twins),
            SplitConfig(kind="time", duplicates=duplicates),
            seed=0,
        )
        for duplicates in ("together", "ignore")
    )

    assert (together[3], ignored[3]) == (UNUSED, TRAIN)
    assert (np.delete(together, 3) == np.delete(ignored, 3)).all()


def test_a_given_split_stays_what_it_is_whatever_it_tears_apart():
    names = ("train",) * 60 + ("test",) * 20
    units = Units(80, given=names, twins=np.r_[np.arange(60), np.arange(20)])

    codes = divide(units, SplitConfig(kind="given"), seed=0)

    assert (codes[60:] == TEST).all()
    assert (codes[:60] != TEST).all()


def test_val_is_drawn_by_whole_groups_where_the_source_keeps_groups_whole():
    groups = np.arange(20).repeat(5)
    units = Units(100, groups=groups, classes=np.arange(100) % 2, given=("train",) * 80 + ("test",) * 20)

    codes = divide(units, SplitConfig(kind="given"), seed=0)

    assert torn(codes, groups) == []
    assert (codes == VAL).sum() in (10, 15)


def test_duplicates_that_are_refused_are_counted_and_named():
    twins = np.array([0, 1, 2, 0, *range(4, 20)])

    with pytest.raises(DataError, match=r"2 of 20 samples .* in 1 clusters, such as sample 0 = sample 3"):
        divide(Units(20, twins=twins), SplitConfig(duplicates="refuse"), seed=0)


def test_random_ignores_groups_and_duplicates():
    units = Units(400, groups=np.arange(400) // 100, twins=np.arange(400) // 2)

    codes = divide(units, SplitConfig(kind="random", duplicates="refuse"), seed=0)

    assert len(torn(codes, units.groups)) == 4
    assert torn(codes, units.twins)


def test_a_class_with_one_sample_trains_in_every_fold():
    classes = np.r_[np.arange(50) % 2, 2]

    codes = [
        divide(Units(51, classes=classes), SplitConfig(kind="folds", fold=fold), seed=0) for fold in range(5)
    ]

    assert all(each[50] == TRAIN for each in codes)


def test_train_knows_every_class_where_groups_allow():
    groups = np.arange(12).repeat(5)
    classes = np.isin(groups, (0, 1)).astype(np.int64)  # two of twelve groups have the rare class

    for seed in range(30):
        codes = divide(Units(60, classes=classes, groups=groups), SplitConfig(kind="group"), seed=seed)
        assert set(classes[codes == TRAIN]) == {0, 1}


def test_a_huge_group_trains_so_that_test_is_not_all_there_is():
    sizes = np.array([1000, *[10] * 60])

    codes = [group_codes(sizes, SplitConfig(kind="group"), seed=seed) for seed in range(20)]

    assert all(each[0] == TRAIN for each in codes)


@pytest.mark.parametrize("kind", ["time", "walk"])
def test_a_split_by_time_without_times_says_what_is_missing(kind):
    with pytest.raises(
        DataError, match=rf"kind={kind} needs times, and the samples have none; name the column"
    ):
        divide(Units(20), SplitConfig(kind=kind), seed=0)


@pytest.mark.parametrize("kind", ["group", "leave_one_out"])
def test_a_split_by_group_without_groups_says_what_is_missing(kind):
    with pytest.raises(
        DataError, match=rf"kind={kind} needs groups, and the samples have none; name the column"
    ):
        divide(Units(20), SplitConfig(kind=kind), seed=0)


def test_folds_of_time_divide_samples_by_time_although_they_have_groups():
    units = Units(60, groups=np.arange(60) % 6, moments=np.arange(60))

    codes = divide(units, SplitConfig(kind="folds", folds_of="time", folds=3, fold=1), seed=0)

    assert np.flatnonzero(codes == TEST).tolist() == list(range(20, 40))


def test_folds_of_time_without_times_say_what_is_missing():
    with pytest.raises(DataError, match=r"split\.folds_of=time needs times, and the samples have none"):
        divide(Units(20), SplitConfig(kind="folds", folds_of="time"), seed=0)


def test_a_group_that_is_not_there_cannot_be_left_out():
    with pytest.raises(
        ConfigError, match=r"fold=4 is counted from 0, and the data have 3 groups; the last is 2"
    ):
        divide(Units(9, groups=np.arange(3).repeat(3)), SplitConfig(kind="leave_one_out", fold=4), seed=0)


def test_a_purge_that_eats_a_part_is_a_wrong_setting():
    config = SplitConfig(kind="time", train=80, val=15, test=5, purge=15)

    with pytest.raises(ConfigError, match=r"leaves 65 \+ 0 \+ 5 time steps .* of 100, with .*purge=15"):
        moment_codes(100, config)
