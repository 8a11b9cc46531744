"""How sure a floor may be, by its errors in training."""

import numpy as np
import pytest

from pipeline.baselines.bands import error_quantiles
from pipeline.baselines.last_value import LastValue
from pipeline.baselines.seasonal import Seasonal

LEVELS = (0.25, 0.5, 0.75)


def fitted(baseline, reader):
    baseline.fit(reader, reader, seed=0)
    return baseline


def test_errors_of_repeating_the_last_value_are_the_ones_worked_by_hand(forecast_reader):
    series = np.asarray([0.0, 1.0, 3.0, 6.0, 10.0, 15.0])[:, None]  # grows by 1, 2, 3, 4, 5
    reader = forecast_reader(series, window=1, horizon=1)

    found = error_quantiles(fitted(LastValue(), reader), reader, LEVELS, seed=0)

    assert found.shape == (1, 1, 3) and found.flatten().tolist() == [2.0, 3.0, 4.0]


def test_each_step_and_channel_has_quantiles_of_its_own(forecast_reader):
    rising, falling = np.arange(40.0), -2.0 * np.arange(40.0)
    reader = forecast_reader(np.stack([rising, falling], axis=1), window=4, horizon=3)

    found = error_quantiles(fitted(LastValue(), reader), reader, LEVELS, seed=0)

    assert found.shape == (3, 2, 3)
    assert found[..., 1].tolist() == [[1.0, -2.0], [2.0, -4.0], [3.0, -6.0]]


def test_a_floor_that_is_never_wrong_is_wholly_sure(forecast_reader):
    series = np.tile(np.asarray([1.0, 5.0, 2.0]), 20)[:, None]
    reader = forecast_reader(series, window=6, horizon=4)

    assert not error_quantiles(fitted(Seasonal(3, periods=1), reader), reader, LEVELS, seed=0).any()


@pytest.mark.parametrize("most", [10_000, 600])
def test_of_many_windows_those_that_are_drawn_tell_about_the_same(forecast_reader, most):
    series = np.random.default_rng(0).normal(size=(3000, 1))
    reader = forecast_reader(series, window=2, horizon=1)

    found = error_quantiles(fitted(LastValue(), reader), reader, LEVELS, seed=0, most=most)

    # The difference of two normal numbers has deviation √2, and quartiles at ±0.6745 deviations.
    expected = 0.6745 * np.sqrt(2) * np.asarray([-1, 0, 1])
    np.testing.assert_allclose(found.flatten(), expected, atol=0.2)
