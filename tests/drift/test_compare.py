"""A stream that stays as it is alarms less than once in 20 runs; what is moved on purpose is found and named."""

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter

from pipeline.drift.compare import LEVEL, Side, compare
from pipeline.drift.distributions import Distributions

RUNS = 100


def figures(table):
    found = Distributions()
    for start in range(0, table.height, 1500):
        found.add(table[start : start + 1500])
    return found.reference()


def compared(now, then, *, dependent=False):
    ours, theirs = figures(now), figures(then)
    columns = tuple(theirs.columns)
    return compare([Side(ours, theirs, columns, dependent)], about="", rows=now.height)


def series(random, rows, memory):
    """Two stationary series of mean 0 and deviation 1."""
    noise = random.normal(size=(rows + 1000, 2)) * np.sqrt(1 - memory**2)
    return pl.DataFrame(lfilter([1.0], [1.0, -memory], noise, axis=0)[1000:], schema=["load", "heat"])


def customers(random, rows, *, yes=0.5, empty=0.02):
    """Numbers, a column with holes, two classes, and names of which most are rare."""
    rare = 1.0 / np.arange(1, 400) ** 1.2
    names = random.choice(len(rare), rows, p=rare / rare.sum())
    holes = [
        None if hole else value
        for hole, value in zip(random.random(rows) < empty, random.normal(size=rows), strict=True)
    ]
    return pl.DataFrame({
        "age": random.normal(50.0, 10.0, rows),
        "income": holes,
        "children": random.integers(0, 5, rows).astype(np.float64),
        "agreed": pl.Series(random.random(rows) < yes).cast(pl.String),
        "town": pl.Series(names).cast(pl.String),
    })  # fmt: skip


def alarms(make, now, then, *, dependent=False):
    random = np.random.default_rng(0)
    pairs = ((make(random, now), make(random, then)) for _ in range(RUNS))
    return sum(compared(ours, theirs, dependent=dependent).drift for ours, theirs in pairs) / RUNS


@pytest.mark.parametrize(("now", "then"), [(500, 2000), (200, 10_000), (4000, 1000)])
def test_rows_that_stand_alone_and_do_not_change_alarm_less_than_once_in_twenty(now, then):
    assert alarms(customers, now, then) < LEVEL


@pytest.mark.parametrize(
    ("memory", "now", "then"), [(0.5, 1000, 4000), (0.9, 1000, 2000), (0.99, 10_000, 20_000)]
)
def test_a_series_with_memory_that_does_not_change_alarms_less_than_once_in_twenty(memory, now, then):
    def make(random, rows):
        return series(random, rows, memory)

    assert alarms(make, now, then, dependent=True) < LEVEL


def test_counting_every_row_of_a_series_would_alarm_in_most_runs():
    def make(random, rows):
        return series(random, rows, 0.9)

    assert alarms(make, 1000, 4000) > 0.5


def test_states_that_last_alarm_less_than_once_in_twenty():
    def make(random, rows):
        return pl.DataFrame({"state": pl.Series(np.cumsum(random.random(rows) > 0.95) % 2).cast(pl.String)})

    assert alarms(make, 2000, 8000, dependent=True) < LEVEL


def moved(report):
    return {(each.column, each.measure) for each in report.findings if each.drift}


def test_a_mean_that_moves_by_half_a_deviation_is_found():
    random = np.random.default_rng(1)
    then, now = customers(random, 2000), customers(random, 500).with_columns(pl.col("age") + 5.0)

    report = compared(now, then)

    assert moved(report) == {("age", "distribution")}
    assert report.summary.startswith("drift in 1 of 5 columns: age (PSI 0.")


def test_a_mean_of_a_series_with_memory_that_moves_by_half_a_deviation_is_found_in_enough_rows():
    random = np.random.default_rng(1)
    then, now = series(random, 20_000, 0.9), series(random, 20_000, 0.9).with_columns(pl.col("heat") + 0.5)

    assert moved(compared(now, then, dependent=True)) == {("heat", "distribution")}


def test_a_new_category_is_found_though_it_is_rare():
    random = np.random.default_rng(2)
    then, now = customers(random, 2000), customers(random, 500)
    strange = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit("perhaps")).otherwise("agreed")

    report = compared(now.with_columns(agreed=strange), then)

    assert ("agreed", "new values") in moved(report)
    assert "agreed (new values 2.0 %)" in report.summary


def test_other_shares_and_empty_cells_are_found():
    random = np.random.default_rng(3)
    then = customers(random, 2000)

    assert moved(compared(customers(random, 500, yes=0.65), then)) == {("agreed", "shares")}
    assert moved(compared(customers(random, 500, empty=0.2), then)) == {("income", "empty cells")}


def test_a_difference_too_small_to_matter_is_no_drift_however_many_rows_show_it():
    random = np.random.default_rng(4)
    then, now = customers(random, 60_000), customers(random, 60_000, yes=0.53)

    report = compared(now.select("agreed"), then.select("agreed"))

    assert report.findings[0].adjusted < 1e-6
    assert not report.drift


def test_too_few_rows_are_not_tested_and_that_is_said():
    random = np.random.default_rng(5)

    report = compared(customers(random, 12).select("age"), customers(random, 2000).select("age"))

    assert not report.drift
    assert report.untested == {"age": "the new rows are worth 12 independent rows, and 20 are wanted"}
    assert report.summary == "drift not tested: the new rows are worth 12 independent rows, and 20 are wanted"


def test_a_series_that_wanders_has_too_few_independent_rows():
    random = np.random.default_rng(6)
    walk = pl.DataFrame({"price": np.cumsum(random.normal(size=3000))})

    report = compared(walk[2500:], walk[:2500], dependent=True)

    assert list(report.untested) == ["price"]


def test_a_column_that_is_empty_now_is_told():
    random = np.random.default_rng(7)
    then, now = customers(random, 2000), customers(random, 500)

    report = compared(now.with_columns(income=pl.lit(None, pl.Float64)), then)

    assert moved(report) == {("income", "empty cells")}
    assert report.untested == {"income": "the new rows have no cells that can be counted"}
