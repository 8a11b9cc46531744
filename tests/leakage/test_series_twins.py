"""Series that are nearly the same are found; courses of one class are not taken for them."""

import numpy as np

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
