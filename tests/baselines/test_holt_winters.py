import numpy as np
import pytest

from pipeline.baselines.base import answers
from pipeline.baselines.holt_winters import Factors, HoltWinters, smoothed


def given(*values):
    return Factors(*(np.full((1, 1), value, np.float32) for value in values))


def test_a_level_alone_is_the_smoothing_worked_by_hand():
    windows = np.array([[[1.0], [3.0], [5.0]]], np.float32)

    future = smoothed(windows, given(0.5, 0, 0, 0, 0), season=1, horizon=2)

    # 1; 1 + (3 − 1) / 2 = 2; 2 + (5 − 2) / 2 = 3.5, for ever
    assert [float(step[0, 0]) for step in future] == [3.5, 3.5]


def test_a_damped_trend_goes_on_by_less_and_less():
    windows = np.array([[[0.0], [2.0]]], np.float32)

    future = smoothed(windows, given(1.0, 1.0, 0.5, 0, 0), season=1, horizon=3)

    # level 2, trend 2: + 1, + 0.5, + 0.25
    assert [float(step[0, 0]) for step in future] == [3.0, 3.5, 3.75]


def test_a_season_follows_with_a_factor_of_its_own():
    windows = np.array([[[1.0], [3.0], [1.0], [5.0]]], np.float32)

    future = smoothed(windows, given(0.0, 0, 0, 1, 0.5), season=2, horizon=2)

    # level 2, season −1 and +1; 1 changes nothing, 5 draws the second half way from +1 to +3
    assert [float(step[0, 0]) for step in future] == [1.0, 4.0]


def test_each_channel_gets_the_form_that_it_needs(forecast_reader):
    time = np.arange(300.0)
    wave, line = np.sin(time * np.pi / 4), time / 50
    noise = np.random.default_rng(0).normal(size=300) * 0.01
    reader = forecast_reader(np.stack([wave, line + noise], axis=1), window=24, horizon=6)
    rival = HoltWinters(season=8)
    rival.fit(reader, reader, seed=0)

    error = np.abs(answers(rival, reader) - reader.targets(np.arange(len(reader))))

    assert error[:, :, 0].max() < 1e-3
    assert error[:, :, 1].mean() < 0.06  # six steps are 0.12 apart
    assert rival.factors.seasonal[0] == 1
    assert rival.factors.damping[1] > 0.9


@pytest.mark.parametrize("season", [None, 1, 20])
def test_without_two_seasons_in_the_window_there_is_none(season, forecast_reader):
    reader = forecast_reader(np.random.default_rng(0).normal(size=(80, 1)), window=24, horizon=3)
    rival = HoltWinters(season)

    rival.fit(reader, reader, seed=0)

    assert rival.steps == 1
    assert rival.factors.seasonal.tolist() == [0.0]
