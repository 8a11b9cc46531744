import numpy as np
import pytest

from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.last_value import LastValue
from pipeline.baselines.majority import Majority
from pipeline.baselines.mean import Mean
from pipeline.baselines.no_change import NoChange
from pipeline.baselines.seasonal import Seasonal


def test_last_value_repeats_the_last_value_of_each_target_channel(forecast_reader):
    series = np.stack([np.arange(10), 100 + np.arange(10)], axis=1)
    reader = forecast_reader(series, window=4, horizon=3, targets=(1,))
    baseline = LastValue()
    baseline.fit(reader, reader, seed=0)

    answer = answers(baseline, reader)

    assert answer.shape == (4, 3, 1)
    assert answer[0, :, 0].tolist() == [103, 103, 103]
    assert answer[-1, :, 0].tolist() == [106, 106, 106]


def test_the_mean_of_each_target_channel_is_forecast_for_every_step(forecast_reader):
    series = np.stack([np.arange(8.0), 100 + np.array([0, 0, 0, 4, 0, 4, 0, 4])], axis=1)
    reader = forecast_reader(series, window=3, horizon=2, targets=(1,))
    baseline = Mean()
    baseline.fit(reader, reader, seed=0)

    answer = answers(baseline, reader)

    assert answer.shape == (4, 2, 1)
    assert answer.ravel().tolist() == [102.0] * 8  # each of the four windows ends before one 100 and one 104
    assert baseline.parameters == 1


def test_no_change_is_a_return_of_zero_in_the_units_of_the_source(forecast_reader):
    series = np.stack(
        [np.arange(10), 100 + np.arange(10)], axis=1
    )  # scaled returns, and a scaled level beside them
    reader = forecast_reader(
        series, window=4, horizon=3, changed=(0,), offset=(0.002, 50.0), scale=(0.01, 1.0)
    )
    baseline = NoChange()
    baseline.fit(reader, reader, seed=0)

    answer = answers(baseline, reader)

    assert answer.shape == (4, 3, 2)
    np.testing.assert_allclose(
        answer[..., 0], -0.2, rtol=1e-6
    )  # raw 0 = -0.2 deviations of 0.01 around 0.002
    assert answer[:, 0, 1].tolist() == [103, 104, 105, 106]
    np.testing.assert_allclose(
        answer * [0.01, 1.0] + [0.002, 50.0], np.where([True, False], 0, answer + 50), atol=1e-8
    )


@pytest.mark.parametrize(
    ("changed", "targets", "fits"), [((), (0,), False), ((1,), (0,), False), ((1,), (0, 1), True)]
)
def test_no_change_is_asked_only_where_a_target_holds_changes(forecast_reader, changed, targets, fits):
    reader = forecast_reader(np.zeros((30, 2)), window=5, horizon=2, changed=changed, targets=targets)

    assert NoChange.fits(reader.meta) is fits


def test_one_season_ago_is_exact_for_a_repeating_series(forecast_reader):
    series = np.tile([1.0, 5.0, 2.0, 8.0], 10)[:, None]
    reader = forecast_reader(series, window=9, horizon=7)
    baseline = Seasonal(season=4, periods=1)
    baseline.fit(reader, reader, seed=0)

    positions = np.arange(len(reader))

    np.testing.assert_array_equal(answers(baseline, reader), reader.targets(positions))


def test_the_seasonal_mean_averages_as_many_seasons_as_the_window_holds(forecast_reader):
    series = np.arange(12.0)[:, None]  # a season of 2 in a window of 5 holds two whole seasons
    reader = forecast_reader(series, window=5, horizon=3)
    baseline = Seasonal(season=2, periods=4)
    baseline.fit(reader, reader, seed=0)

    first = answers(baseline, reader)[0, :, 0]

    # steps 1 and 3 are rows 5 and 7: same phase as rows 3 and 1; step 2 is row 6: rows 4 and 2
    assert first.tolist() == [2.0, 3.0, 2.0]


@pytest.mark.parametrize(("season", "reason"), [(None, "no season"), (12, "season of 12 steps")])
def test_a_seasonal_floor_says_why_it_cannot_run(forecast_reader, season, reason):
    reader = forecast_reader(np.zeros((30, 1)), window=10, horizon=2)

    with pytest.raises(LeftOutError, match=reason):
        Seasonal(season, periods=1).fit(reader, reader, seed=0)


def test_majority_answers_the_class_shares_of_the_training_split(class_reader):
    reader = class_reader(np.zeros((4, 2, 1)), [1, 1, 1, 0], classes=("cat", "dog", "never seen"))
    baseline = Majority()
    baseline.fit(reader, reader, seed=0)

    assert answers(baseline, reader)[0].tolist() == [0.25, 0.75, 0.0]


def test_the_shares_of_the_labels_are_answered_to_every_sample(sample_reader):
    has = np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    reader = sample_reader([np.ones((2, 1))] * 4, has, head="multilabel", classes=("joy", "fear"))
    floor = Majority()
    floor.fit(reader, reader, seed=0)

    assert answers(floor, reader).tolist() == [[0.75, 0.25]] * 4
