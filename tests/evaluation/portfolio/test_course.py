"""Promises about wealth, costs and figures, with values worked by hand."""

import numpy as np
import pytest

from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.course import course_of, drawdown, sharpe
from pipeline.evaluation.portfolio.market import market_of

CONFIG = MeanVarianceConfig(warm_up=2, history=4)


@pytest.fixture
def market(panel, truth_of):
    """Return a market of two assets, of which the first doubles once and the second falls by half once."""
    returns = np.zeros((8, 2))
    returns[3] = [1.0, 0.0]
    returns[5] = [0.0, -0.5]
    return market_of(truth_of(panel(returns, np.zeros((7, 2, 1)), 1)), CONFIG)


def test_weights_drift_and_what_is_traded_costs(market):
    course = course_of(market, np.full((5, 2), 0.5), range(2, 7), costs=0.01)

    # the first half doubles: 1 -> 1.5, two thirds of it in the first asset, a sixth of which is sold and bought
    assert course.gross == pytest.approx([0.5, 0.0, -0.25, 0.0, 0.0])
    assert course.turnover == pytest.approx([1.0, 1 / 3, 0.0, 1 / 3, 0.0])
    assert course.wealth == pytest.approx(np.cumprod([1, 0.99 * 1.5, 1 - 0.01 / 3, 0.75, 1 - 0.01 / 3, 1]))
    assert course.net == pytest.approx(course.wealth[1:] / course.wealth[:-1] - 1)


def test_without_costs_net_is_gross(market):
    course = course_of(market, np.full((5, 2), 0.5), range(2, 7), costs=0.0)

    assert course.net.tolist() == course.gross.tolist()


def test_what_is_not_held_earns_nothing(market):
    course = course_of(market, np.zeros((5, 2)), range(2, 7), costs=0.5)

    assert course.wealth.tolist() == [1.0] * 6
    assert course.turnover.sum() == 0


def test_wealth_is_followed_inside_a_holding_period(panel, truth_of):
    returns = np.zeros((12, 2))
    returns[3], returns[4], returns[5] = 0.1, -0.5, 1.0
    market = market_of(truth_of(panel(returns, np.zeros((9, 2, 3)), 3)), CONFIG)

    course = course_of(market, np.full((3, 2), 0.5), market.purchases(2), costs=0.0)

    assert course.wealth[:4] == pytest.approx([1.0, 1.1, 0.55, 1.1])
    assert drawdown(course.wealth) == pytest.approx(0.5)


def test_the_largest_fall_is_from_a_height_reached_before():
    assert drawdown(np.array([1.0, 2.0, 1.5, 3.0, 1.2, 4.0])) == pytest.approx(0.6)
    assert drawdown(np.array([1.0, 1.1, 1.2])) == 0.0


def test_the_sharpe_ratio_is_mean_by_deviation_and_grows_with_the_root_of_the_periods():
    returns = np.array([0.03, 0.01])

    assert sharpe(returns, 1.0) == pytest.approx(0.02 / np.sqrt(0.0002))
    assert sharpe(returns, 4.0) == pytest.approx(2 * sharpe(returns, 1.0))


def test_returns_that_do_not_vary_have_no_sharpe_ratio():
    assert np.isnan(sharpe(np.full(9, 0.1), 50.0))
