import numpy as np
import pytest

from pipeline.baselines.training_rows import deviations, longest_run, training_mask


def test_the_deviation_is_that_of_the_training_rows_in_original_units(forecast_reader):
    series = np.random.default_rng(0).normal(size=(50, 2))
    series[30:] = 1e6  # never trained on
    reader = forecast_reader(series, window=4, horizon=2, scale=(1.0, 10.0), starts=np.arange(25))

    found = deviations(reader)

    stored = series.astype(np.float32)[:30].astype(np.float64)
    assert found["c0"] == pytest.approx(stored[:, 0].std())
    assert found["c1"] == pytest.approx(10 * stored[:, 1].std())


def test_a_constant_channel_has_deviation_one(forecast_reader):
    reader = forecast_reader(np.full((20, 1), 5.0), window=3, horizon=1)

    assert deviations(reader) == {"c0": 1.0}


def test_rows_between_two_groups_belong_to_no_run(forecast_reader):
    series = np.arange(30.0)[:, None]
    starts = [0, 1, 2, 3, 7, 8, 9, 10, 11, 12]  # rows 0-6 and 7-15 touch, but no window crosses
    reader = forecast_reader(series, window=3, horizon=1, starts=np.asarray(starts))

    assert training_mask(reader).sum() == 16
    assert longest_run(reader, 100)[:, 0].tolist() == list(range(7, 16))
    assert longest_run(reader, 4)[:, 0].tolist() == [12, 13, 14, 15]
