import numpy as np
import pytest

from pipeline.baselines import base, linear
from pipeline.baselines.base import answers
from pipeline.baselines.linear import Linear


@pytest.mark.parametrize("centre", [False, True])
def test_a_linear_map_finds_the_rule_of_a_linear_series(forecast_reader, centre):
    time = np.arange(300)
    series = np.stack([np.sin(time / 3), 2 * np.cos(time / 5)], axis=1)  # both obey one recursion of order 4
    reader = forecast_reader(series, window=8, horizon=5)
    baseline = Linear(centre=centre)
    baseline.fit(reader, reader, seed=0)

    error = answers(baseline, reader) - reader.targets(np.arange(len(reader)))

    assert np.abs(error).max() < 0.05
    assert baseline.parameters == 9 * 5


def test_the_closed_form_equals_least_squares_on_all_windows_at_once(forecast_reader):
    series = np.random.default_rng(0).normal(size=(200, 3)).cumsum(axis=0)
    reader = forecast_reader(series, window=6, horizon=2, targets=(0, 2))
    baseline = Linear(centre=False)
    baseline.fit(reader, reader, seed=0)
    chosen = reader.stream[:, [0, 2]].astype(np.float64)
    windows = [(chosen[s : s + 6, c], chosen[s + 6 : s + 8, c]) for s in range(len(reader)) for c in (0, 1)]
    inputs = np.stack([np.append(window, 1.0) for window, _ in windows])

    expected = np.linalg.lstsq(inputs, np.stack([future for _, future in windows]), rcond=None)[0]

    np.testing.assert_allclose(baseline.weights, expected, atol=2e-4)


def test_nlinear_follows_a_level_never_seen_in_training(forecast_reader):
    wave = np.sin(np.arange(200) / 3)[:, None]
    reader = forecast_reader(wave, window=12, horizon=4)
    baseline = Linear(centre=True)
    baseline.fit(reader, reader, seed=0)

    low, high = (baseline.predict(wave[None, :12].astype(np.float32) + level) for level in (0, 50))

    np.testing.assert_allclose(high - low, 50, atol=1e-3)


def test_the_size_of_the_batches_does_not_change_the_answer(forecast_reader, monkeypatch):
    series = np.random.default_rng(1).normal(size=(150, 2))
    reader = forecast_reader(series, window=5, horizon=3)
    whole, parts = Linear(centre=True), Linear(centre=True)
    whole.fit(reader, reader, seed=0)
    monkeypatch.setattr(base, "BATCH_CELLS", 70)

    parts.fit(reader, reader, seed=0)

    np.testing.assert_allclose(whole.weights, parts.weights, atol=1e-9)


def test_a_constant_channel_does_no_harm(forecast_reader):
    reader = forecast_reader(np.full((60, 1), 3.0), window=5, horizon=2)
    baseline = Linear(centre=True)
    baseline.fit(reader, reader, seed=0)

    np.testing.assert_allclose(answers(baseline, reader), 3.0, atol=1e-5)


def test_more_windows_than_the_bound_are_thinned_evenly(forecast_reader, monkeypatch):
    time = np.arange(400)
    reader = forecast_reader(np.sin(time / 3)[:, None], window=4, horizon=1)
    monkeypatch.setattr(linear, "MOST_ROWS", 100)
    baseline = Linear(centre=False)
    baseline.fit(reader, reader, seed=0)

    error = answers(baseline, reader) - reader.targets(np.arange(len(reader)))

    assert np.abs(error).max() < 0.01
