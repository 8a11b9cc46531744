"""Weights of a long-only mean-variance portfolio, and the covariance behind them.

Source:
    Markowitz (1952), "Portfolio Selection"; Ledoit & Wolf (2004), "A well-conditioned estimator for
    large-dimensional covariance matrices" (shrinkage towards a multiple of the identity); Beck & Teboulle (2009),
    "A Fast Iterative Shrinkage-Thresholding Algorithm"; O'Donoghue & Candès (2015), "Adaptive Restart for
    Accelerated Gradient Schemes".
"""

import numpy as np

from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.samples import Sums

MOST_STEPS = 20_000
CLOSE = 1e-10
"""Weights that move by less than this have arrived."""


def shrunken_covariance(returns: Sums, horizon: int) -> Sums:
    """Return the covariance ``(A, A)`` of returns over ``horizon`` steps, as if steps did not depend on one another.

    Args:
        returns: Of one step each, ``(step, asset)``.
        horizon: Steps that a portfolio is held for.
    """
    from sklearn.covariance import ledoit_wolf

    covariance, _ = ledoit_wolf(returns)
    return horizon * np.asarray(covariance, np.float64)


def mean_variance_weights(mean: Sums, covariance: Sums, config: MeanVarianceConfig) -> Sums:
    """Return the weights ``(A,)``, from 0 to ``config.max_weight``, adding up to 1, with the most mean for their risk.

    Args:
        mean: Forecast returns over the horizon, ``(A,)``.
        covariance: Of the same, ``(A, A)``.
        config: How much risk counts, and the largest weight.
    """
    most = max(config.max_weight, 1.0 / len(mean))
    steepest = config.risk_aversion * float(np.linalg.eigvalsh(covariance)[-1])
    weights = ahead = np.full(len(mean), 1.0 / len(mean))
    if steepest <= 0:
        return weights
    momentum = 1.0
    for _ in range(MOST_STEPS):
        slope = config.risk_aversion * covariance @ ahead - mean
        moved = capped_simplex(ahead - slope / steepest, most)
        if np.abs(moved - ahead).max() < CLOSE:
            return moved
        if (ahead - moved) @ (moved - weights) > 0:  # it overshot
            momentum, ahead, weights = 1.0, moved, moved
            continue
        longer = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        ahead = moved + (momentum - 1.0) / longer * (moved - weights)
        momentum, weights = longer, moved
    return weights


def capped_simplex(point: Sums, most: float) -> Sums:
    """Return the nearest weights from 0 to ``most`` that add up to 1: ``point`` less one shift, clipped.

    The sum falls with the shift along straight lines between the values at which a weight meets a bound.
    """
    bends = np.sort(np.concatenate([point, point - most]))
    sums = _above(point, bends) - _above(point - most, bends)
    shift = np.interp(1.0, sums[::-1], bends[::-1])
    clipped: Sums = np.clip(point - shift, 0.0, most)
    return clipped


def _above(values: Sums, points: Sums) -> Sums:
    """Return by how much ``values`` lie above each of the ``points``, added up."""
    order = np.sort(values)
    rest = np.append(np.cumsum(order[::-1])[::-1], 0.0)
    first = np.searchsorted(order, points, side="right")
    above: Sums = rest[first] - points * (len(order) - first)
    return above
