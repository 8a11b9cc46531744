import numpy as np
import polars as pl
import pytest

from pipeline.evaluation import bootstrap
from pipeline.evaluation.bootstrap import (
    interval,
    plan_resamples,
    resampled,
    share_interval,
    shortage,
    student,
)
from pipeline.evaluation.samples import Samples


def samples(count, *, groups=None, timed=False, times=None) -> Samples:
    timed = np.arange(count) if timed else [None] * count
    return Samples(
        pl.DataFrame(
            {
                "sample_id": np.arange(count),
                "group": pl.Series(groups or [None] * count, dtype=pl.String),
                "time": pl.Series(timed if times is None else times).cast(pl.Datetime("us")),
            }
        )
    )


def per_bin(plan, values):
    """Sum values and count samples per bin."""
    return np.stack([np.bincount(plan.bins, values), np.bincount(plan.bins)], axis=1)


def mean_interval(plan, values, *, resamples=1000, seed=0):
    drawn = resampled(plan, per_bin(plan, values), resamples=resamples, seed=seed)
    score = float(np.mean(values))
    return interval(drawn[:, 0] / drawn[:, 1], 0.95, score=score, widening=plan.widening(0.95))


def test_single_samples_give_the_interval_of_the_normal_approximation():
    values = (np.arange(400) % 5 > 0).astype(float)  # mean 0.8
    plan = plan_resamples(samples(400), overlap=1, columns=2, seed=0)

    low, high = mean_interval(plan, values)

    half = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert (low, high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.006)
    assert plan.how == "400 single samples"


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    plan = plan_resamples(samples(100), overlap=1, columns=2, seed=0)

    hits = 0
    for trial in range(300):
        low, high = mean_interval(plan, random.normal(size=100), resamples=300, seed=trial)
        hits += low <= 0 <= high

    assert 0.90 <= hits / 300 <= 0.98


def test_samples_of_one_group_are_drawn_together():
    groups = [f"patient {index // 20}" for index in range(400)]
    values = (np.arange(400) // 20 % 2).astype(float)  # each patient all right or all wrong
    by_group = plan_resamples(samples(400, groups=groups), overlap=1, columns=2, seed=0)
    alone = plan_resamples(samples(400), overlap=1, columns=2, seed=0)

    wide, narrow = (np.diff(mean_interval(plan, values))[0] for plan in (by_group, alone))

    assert wide > 3 * narrow  # twenty witnesses instead of four hundred
    assert by_group.how == "20 whole groups"


def test_two_groups_give_no_interval_and_the_number_is_told():
    two = samples(9, groups=list("aaaabbbbb"))

    assert plan_resamples(two, overlap=1, columns=2, seed=0) is None
    assert shortage(two, overlap=1) == "there are 2 independent groups"
    assert shortage(samples(200, timed=True), overlap=96) == (
        "there are 2 independent time steps, as 96 consecutive windows of 200 share values"
    )


@pytest.mark.parametrize("groups", [5, 8])
def test_few_groups_hold_the_true_mean_about_as_often_as_they_say(groups):
    random = np.random.default_rng(0)
    names = [str(index) for index in np.repeat(np.arange(groups), 10)]
    plan = plan_resamples(samples(10 * groups, groups=names), overlap=1, columns=2, seed=0)

    hits = 0
    for trial in range(300):
        low, high = mean_interval(plan, np.repeat(random.normal(size=groups), 10), resamples=300, seed=trial)
        hits += low <= 0 <= high

    assert hits / 300 >= 0.90


def test_groups_seen_at_the_same_times_are_no_independent_witnesses_of_them():
    shocks = np.random.default_rng(0).normal(size=200)
    names, times = [f"shop {index // 200}" for index in range(4000)], np.tile(np.arange(200), 20)
    plan = plan_resamples(samples(4000, groups=names, times=times), overlap=1, columns=2, seed=0)

    low, high = mean_interval(plan, np.tile(shocks, 20))

    assert "windows of all 20 groups" in plan.how
    assert high - low > 2 * 1.96 * shocks.std() / np.sqrt(200) * 0.7  # two hundred times, not 4,000 samples


def test_groups_seen_at_the_same_times_are_drawn_too_if_there_are_enough():
    names, times = [f"shop {index // 50}" for index in range(400)], np.tile(np.arange(50), 8)
    eight = plan_resamples(samples(400, groups=names, times=times), overlap=1, columns=2, seed=0)
    values = np.repeat(np.arange(8.0) % 2, 50)  # each shop all right or all wrong

    low, high = mean_interval(eight, values)

    assert high - low > 2 * 2.36 * values.std() / np.sqrt(8) * 0.8
    three = samples(150, groups=names[:150], times=times[:150])
    assert "too few to be drawn" in plan_resamples(three, overlap=1, columns=2, seed=0).how


def test_of_a_split_by_time_the_groups_are_given_and_only_the_times_are_drawn():
    names, times = [f"shop {index // 50}" for index in range(400)], np.tile(np.arange(50), 8)
    rows = samples(400, groups=names, times=times)
    values = np.repeat(np.arange(8.0) % 2, 50)  # each shop all right or all wrong, at all times

    given = plan_resamples(rows, overlap=1, columns=2, seed=0, same_groups=True)
    drawn = plan_resamples(rows, overlap=1, columns=2, seed=0)

    narrow, wide = (np.diff(mean_interval(plan, values))[0] for plan in (given, drawn))
    assert narrow == pytest.approx(0.0, abs=1e-9)
    assert wide > 0.5
    assert "the ones that were trained on: the split is by time" in given.how


def test_of_a_split_by_time_what_hits_all_groups_at_once_still_counts_once():
    shocks = np.random.default_rng(0).normal(size=200)
    names, times = [f"shop {index // 200}" for index in range(4000)], np.tile(np.arange(200), 20)
    rows = samples(4000, groups=names, times=times)
    plan = plan_resamples(rows, overlap=1, columns=2, seed=0, same_groups=True)

    low, high = mean_interval(plan, np.tile(shocks, 20))

    assert high - low > 2 * 1.96 * shocks.std() / np.sqrt(200) * 0.7


def test_groups_of_a_single_sample_each_are_drawn_even_if_they_begin_together():
    names = [f"patient {index}" for index in range(40)]

    plan = plan_resamples(samples(40, groups=names, times=np.zeros(40, int)), overlap=1, columns=2, seed=0)

    assert plan.how == "40 whole groups"


def test_blocks_follow_the_times_of_the_samples_and_not_their_order():
    times = np.random.default_rng(0).permutation(400)

    plan = plan_resamples(samples(400, times=times), overlap=1, columns=2, seed=0)

    assert (np.diff(plan.bins[np.argsort(times)]) >= 0).all()


def test_groups_seen_one_after_the_other_are_drawn_whole():
    names = [f"patient {index // 100}" for index in range(1000)]

    plan = plan_resamples(samples(1000, groups=names, timed=True), overlap=1, columns=2, seed=0)

    assert plan.how == "10 whole groups"


@pytest.mark.parametrize(("free", "quantile"), [(4, 2.7764), (9, 2.2622), (30, 2.0423)])
def test_few_draws_widen_as_student_s_t_does(free, quantile):
    assert student(1.959964, free) == pytest.approx(quantile, abs=0.005)


def test_overlapping_windows_are_drawn_in_blocks_longer_than_they_overlap():
    random = np.random.default_rng(0)
    values = np.convolve(random.normal(size=2047), np.ones(48) / 48, mode="valid")  # neighbours alike
    blocks = plan_resamples(samples(2000, timed=True), overlap=48, columns=2, seed=0)
    alone = plan_resamples(samples(2000), overlap=1, columns=2, seed=0)

    wide, narrow = (np.diff(mean_interval(plan, values))[0] for plan in (blocks, alone))

    assert wide > 4 * narrow
    width = np.bincount(blocks.bins)[0]
    assert blocks.span * width >= 3 * 48
    assert "consecutive windows" in blocks.how


def test_a_block_brings_along_its_neighbours_around_the_end():
    plan = bootstrap.Plan(np.arange(5), count=5, span=3, draws=1, independent=5.0, how="")

    drawn = resampled(plan, np.eye(5), resamples=50, seed=0)

    runs = {tuple(row) for row in drawn.astype(int).tolist()}
    assert runs == {tuple(np.roll([1, 1, 1, 0, 0], shift).tolist()) for shift in range(5)}


@pytest.mark.parametrize(
    ("rows", "overlap"), [(samples(1), 1), (samples(4), 1), (samples(470, timed=True), 96)]
)
def test_where_nothing_independent_is_left_there_is_no_plan(rows, overlap):
    assert plan_resamples(rows, overlap=overlap, columns=2, seed=0) is None


def test_very_many_samples_are_drawn_in_bundles_with_much_the_same_interval(monkeypatch):
    values = np.random.default_rng(0).normal(size=50_000)
    monkeypatch.setattr(bootstrap, "MOST_BINS", 2_000)
    plan = plan_resamples(samples(50_000), overlap=1, columns=2, seed=0)

    low, high = mean_interval(plan, values)

    assert plan.count == 2_000
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(50_000), rel=0.1)


def test_equal_seeds_give_equal_resamples_in_parts_or_at_once(monkeypatch):
    plan = plan_resamples(samples(50), overlap=1, columns=2, seed=0)
    values = np.random.default_rng(0).normal(size=50)

    first, again = mean_interval(plan, values, seed=3), mean_interval(plan, values, seed=3)

    assert first == again
    assert first != mean_interval(plan, values, seed=4)


def test_the_interval_of_a_share_that_all_agree_on_is_not_a_point():
    low, high = share_interval(1.0, 10, 0.95)

    assert low == pytest.approx(0.7225, abs=1e-4)  # Wilson's interval of 10 of 10
    assert high == 1.0


def test_undefined_resamples_are_passed_over():
    assert interval(np.array([np.nan, 1.0, 1.0]), 0.9) == (1.0, 1.0)
    assert interval(np.array([np.nan]), 0.9) is None
