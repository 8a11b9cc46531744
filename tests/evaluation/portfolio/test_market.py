"""Promises about what is known when."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.market import market_of
from pipeline.foundation.errors import DataError

CONFIG = MeanVarianceConfig(warm_up=3, history=5)


@pytest.fixture
def returns():
    return np.random.default_rng(1).normal(size=(20, 3)) * 0.01


def test_what_is_known_at_a_time_are_the_returns_up_to_it_and_no_more(panel, truth_of, returns):
    market = market_of(truth_of(panel(returns, np.zeros((18, 3, 2)), 2)), CONFIG)

    held, known = market.known(9, CONFIG)

    assert held.tolist() == [0, 1, 2]
    np.testing.assert_allclose(known, returns[5:10], rtol=1e-6)  # of day 9 and the four before


def test_periods_do_not_overlap(panel, truth_of, returns):
    market = market_of(truth_of(panel(returns, np.zeros((16, 3, 4)), 4)), CONFIG)

    assert list(market.purchases(3)) == [3, 7, 11, 15]


def test_an_asset_is_held_once_it_was_seen_long_enough_and_while_it_is_forecast(panel, truth_of, returns):
    missing = {(day, 1) for day in range(8)} | {(day, 2) for day in range(12, 18)}
    market = market_of(truth_of(panel(returns, np.zeros((18, 3, 2)), 2, missing=missing)), CONFIG)

    assert [market.known(now, CONFIG)[0].tolist() for now in (10, 11, 12)] == [[0, 2], [0, 1, 2], [0, 1]]
    assert len(market.known(11, CONFIG)[1]) == 3  # only these have a return of all three


def test_a_time_at_which_hardly_any_asset_is_seen_does_not_count(panel, truth_of, returns):
    missing = {(5, 1), (5, 2)}
    market = market_of(truth_of(panel(returns, np.zeros((18, 3, 2)), 2, missing=missing)), CONFIG)

    assert len(market.times) == 17
    assert (market.rows == -1).sum() == 1


def test_a_year_of_working_days_has_as_many_steps_as_there_were(panel, truth_of):
    table = panel(np.zeros((261 * 2, 2)), np.zeros((261 * 2 - 1, 2, 1)), 1)
    weeks = (pl.col("time") - pl.col("time").min()).dt.total_days() // 5 * timedelta(days=2)
    market = market_of(truth_of(table.with_columns(time=pl.col("time") + weeks)), CONFIG)

    assert market.steps_per_year == pytest.approx(261, abs=0.5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"group": pl.lit("one")}, "has 1 group;"),
        ({"time": pl.lit(None, pl.Datetime("us"))}, "needs a time for every test window"),
    ],
)
def test_windows_without_groups_or_times_are_refused(change, told, panel, truth_of, returns):
    table = panel(returns, np.zeros((18, 3, 2)), 2).with_columns(**change)

    with pytest.raises(DataError, match=told):
        market_of(truth_of(table), CONFIG)


def test_too_few_times_are_refused_with_what_to_do(panel, truth_of, returns):
    table = panel(returns, np.zeros((18, 3, 2)), 2)

    with pytest.raises(DataError, match=r"18 times.*warm_up=17 and a horizon of 2.*lower warm_up"):
        market_of(truth_of(table), MeanVarianceConfig(warm_up=17, history=17))
