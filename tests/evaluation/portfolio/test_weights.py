"""Promises about the weights of a portfolio."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.weights import capped_simplex, mean_variance_weights, shrunken_covariance

FREE = MeanVarianceConfig(risk_aversion=2.0, max_weight=1.0)


def test_two_assets_that_promise_the_same_weigh_by_the_other_ones_variance():
    weights = mean_variance_weights(np.array([0.01, 0.01]), np.diag([0.04, 0.09]), FREE)

    assert weights == pytest.approx([9 / 13, 4 / 13], abs=1e-8)


def test_a_better_forecast_moves_the_weight_by_its_share_of_the_risk():
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])

    weights = mean_variance_weights(np.array([0.03, 0.01]), covariance, FREE)

    # w = (variance of the other - covariance + difference of means / aversion) / (0.04 + 0.09 - 2 · 0.01)
    assert weights[0] == pytest.approx((0.09 - 0.01 + 0.02 / 2) / 0.11, abs=1e-8)
    assert weights.sum() == pytest.approx(1.0)


def test_nothing_is_sold_short_and_no_weight_is_above_the_cap():
    mean = np.array([0.5, 0.2, -0.9, 0.1])

    weights = mean_variance_weights(
        mean, 0.01 * np.eye(4), MeanVarianceConfig(risk_aversion=0.1, max_weight=0.4)
    )

    assert weights == pytest.approx([0.4, 0.4, 0.0, 0.2], abs=1e-8)


def test_where_the_cap_leaves_no_choice_all_weigh_the_same():
    weights = mean_variance_weights(np.array([0.5, 0.1, 0.0]), np.eye(3), MeanVarianceConfig(max_weight=0.1))

    assert weights == pytest.approx([1 / 3] * 3, abs=1e-9)


def test_without_any_risk_the_weights_are_equal():
    assert mean_variance_weights(np.array([0.1, 0.2]), np.zeros((2, 2)), FREE).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("assets", [3, 12, 40])
def test_no_other_solver_finds_better_weights(assets):
    random = np.random.default_rng(assets)
    config = MeanVarianceConfig(risk_aversion=5.0, max_weight=0.4)
    mixed = random.normal(size=(assets, assets)) * 0.03
    mean, covariance = 0.01 * random.normal(size=assets), mixed @ mixed.T + 1e-4 * np.eye(assets)

    def loss(weights):
        return 2.5 * weights @ covariance @ weights - mean @ weights

    weights = mean_variance_weights(mean, covariance, config)
    other = minimize(
        lambda point: 1e3 * loss(point),
        np.full(assets, 1 / assets),
        method="SLSQP",
        bounds=[(0, 0.4)] * assets,
        constraints={"type": "eq", "fun": lambda point: point.sum() - 1},
        options={"ftol": 1e-12, "maxiter": 1000},
    )

    assert loss(weights) <= loss(other.x) + 1e-9
    assert weights.sum() == pytest.approx(1.0)
    assert 0 <= weights.min() <= weights.max() <= 0.4


def test_the_nearest_weights_are_the_point_less_one_shift():
    assert capped_simplex(np.array([0.9, 0.5, -1.0]), 1.0) == pytest.approx([0.7, 0.3, 0.0])
    assert capped_simplex(np.array([5.0, 0.5, 0.3]), 0.6) == pytest.approx([0.6, 0.3, 0.1])


def test_the_covariance_grows_with_the_horizon_and_can_be_inverted_with_more_assets_than_steps():
    returns = np.random.default_rng(0).normal(size=(10, 30)) * 0.01

    one, five = shrunken_covariance(returns, 1), shrunken_covariance(returns, 5)

    assert np.linalg.eigvalsh(one)[0] > 0
    np.testing.assert_allclose(five, 5 * one)
    assert np.trace(one) == pytest.approx(returns.var(axis=0).sum())  # shrinking keeps the mean variance
