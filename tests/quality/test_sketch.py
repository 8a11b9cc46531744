"""Quantiles, value counts and days in little room."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.quality.sketch import POINTS, DayTally, QuantileSketch, ValueTally, days_of


def sketch_of(values, pieces: int = 1) -> QuantileSketch:
    sketch = QuantileSketch()
    for piece in np.array_split(np.asarray(values, np.float64), pieces):
        sketch.add(piece)
    return sketch


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_few_numbers_have_their_very_own_quantiles(values, pieces):
    found = sketch_of(values, pieces).quantiles()

    assert (found[0], found[-1]) == (min(values), max(values))
    assert found == sorted(found)
    assert set(found) <= set(values)


@pytest.mark.parametrize("draw", ["normal", "lognormal", "standard_cauchy"])
@pytest.mark.parametrize("pieces", [1, 7, 64])
def test_the_ranks_of_many_numbers_are_right_to_a_fifth_of_a_percent(draw, pieces):
    values = getattr(np.random.default_rng(0), draw)(size=400_000)

    found = sketch_of(values, pieces).quantiles()

    ranks = np.searchsorted(np.sort(values), found) / len(values)
    assert np.abs(ranks - np.linspace(0, 1, len(found))).max() < 0.002


def test_memory_does_not_grow_with_the_numbers():
    sketch = sketch_of(np.random.default_rng(0).normal(size=500_000), pieces=128)

    kept = sum(len(level[0]) for level in sketch._levels if level is not None)
    assert kept <= 8 * POINTS


def test_no_numbers_have_no_quantiles():
    assert sketch_of([]).quantiles() == []


def test_values_are_counted_until_there_are_too_many():
    tally = ValueTally(most=3)
    tally.add(pl.Series(["b", "a", None, "b"]))
    few = tally.values()
    tally.add(pl.Series(["c", "d"]))

    assert few == {"a": 1, "b": 2}
    assert tally.values() is None


def test_days_are_kept_as_spans():
    tally = DayTally()
    tally.add(pl.Series([datetime(2024, 2, 28) + timedelta(hours=12 * n) for n in (0, 1, 2, 9)]))

    assert tally.spans() == ["2024-02-28/2024-02-29", "2024-03-03/2024-03-03"]
    assert days_of(tally.spans()) == tally.days


def test_weekly_and_monthly_data_miss_no_days():
    for step in (7, 28):
        tally = DayTally()
        tally.add(pl.Series([datetime(2020, 1, 5) + timedelta(days=step * n) for n in range(50)]))

        assert tally.missing()[0] == 0
