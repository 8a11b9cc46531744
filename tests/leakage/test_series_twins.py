"""Series that are nearly the same are found; courses of one class are not taken for them."""

import numpy as np
import pytest

from pipeline.leakage.clusters import clusters
from pipeline.leakage.twins import series_twins


def walks(count, steps=200, channels=2, seed=0):
    return np.random.default_rng(seed).normal(size=(count, steps, channels)).cumsum(axis=1)


def test_a_scaled_rounded_copy_is_the_same():
    series = walks(50)

    twins = series_twins([*series, *np.round(series * 3.5 + 100, 2)], 0.9)

    assert (twins[50:] == twins[:50]).all()
    assert len(np.unique(twins)) == 50


def test_recordings_of_one_movement_are_not_the_same():
    rng = np.random.default_rng(0)
    time = np.linspace(0, 2 * np.pi, 150)
    series = [np.sin(time + rng.normal(0, 0.1)) + rng.normal(0, 0.02, 150) for _ in range(100)]

    assert len(np.unique(series_twins(series, 0.9))) == 100


def test_series_of_several_lengths_are_compared():
    long, short = (np.sin(12 * time) + time for time in (np.linspace(0, 1, steps) for steps in (400, 170)))

    assert series_twins([long, walks(1, 80, 1)[0], short], 0.9).tolist() == [0, 1, 0]


def test_constant_series_and_holes_do_not_disturb():
    holes = walks(1)[0].copy()
    holes[:50] = np.nan

    assert series_twins([np.ones((40, 2)), np.zeros((40, 2)), holes], 0.9).tolist() == [0, 1, 2]


def test_one_series_alone_is_its_own_cluster():
    assert series_twins([np.arange(5.0)], 0.9).tolist() == [0]


def standardised(series, length):
    """Stretch each channel of a series, centred and scaled, to ``length`` steps, all as one vector of length 1."""
    places = np.linspace(0, len(series) - 1, length)
    scaled = (series - series.mean(axis=0)) / series.std(axis=0)
    stretched = np.stack([np.interp(places, np.arange(len(series)), channel) for channel in scaled.T])
    stretched -= stretched.mean(axis=1, keepdims=True)
    return stretched.ravel() / np.linalg.norm(stretched)


@pytest.mark.parametrize("similarity", [0.9, 0.7])
def test_the_clusters_are_those_of_comparing_every_pair_in_full(similarity):
    rng = np.random.default_rng(3)
    first = walks(60, steps=90)
    noisy = first[:30] + rng.normal(size=(30, 90, 2)) * 10 ** rng.uniform(-3, 0.5, (30, 1, 1))
    series = [*first, *noisy, *(one[: rng.integers(60, 90)] for one in first[40:])]

    pairs = [
        (one, other)
        for one in range(len(series))
        for other in range(one)
        if np.dot(
            *(
                standardised(series[place], max(len(series[one]), len(series[other])))
                for place in (one, other)
            )
        )
        >= 1 - (1 - similarity) ** 4
    ]

    assert 0 < len(pairs) < 60  # some of the noisy ones
    assert np.array_equal(series_twins(series, similarity), clusters(len(series), np.array(pairs)))


def test_how_many_courses_are_held_together_changes_nothing(monkeypatch):
    time = np.linspace(0, 6, 80)
    rng = np.random.default_rng(1)
    series = [np.sin(time[: rng.integers(60, 80)] + shift) for shift in rng.normal(0, 0.5, 80)]

    wanted = series_twins(series, 0.8)
    monkeypatch.setattr("pipeline.leakage.curves.STEPS_AT_ONCE", 200)

    assert np.array_equal(series_twins(series, 0.8), wanted)
    assert 1 < len(np.unique(wanted)) < 80
