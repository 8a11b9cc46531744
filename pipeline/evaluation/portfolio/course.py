"""How the wealth of a portfolio goes on that is bought anew after every horizon, and the figures of that."""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.portfolio.market import Market
from pipeline.evaluation.samples import Sums


@dataclass(frozen=True)
class Course:
    """One portfolio over the test split. Purchases P, assets A, steps of the horizon N."""

    weights: Sums
    """Bought at each purchase, ``(P, A)``."""

    turnover: Sums
    """Value bought plus value sold at each purchase, as a share of the wealth, ``(P,)``; the first buys all."""

    gross: Sums
    """Simple return of each holding period before costs, ``(P,)``."""

    net: Sums
    """The same after the costs of its purchase, ``(P,)``."""

    wealth: Sums
    """After each step, after costs, from 1 before the first purchase on, ``(P · N + 1,)``."""


def course_of(market: Market, weights: Sums, purchases: range, *, costs: float) -> Course:
    """Return how a portfolio fares that is left to drift between its purchases.

    Args:
        market: What happened.
        weights: Bought at each purchase, ``(P, A)``; they add up to 1, or to 0: then nothing is held.
        purchases: The times of the purchases, by their number.
        costs: Share of the value bought or sold.

    Source:
        DeMiguel, Garlappi & Uppal (2009): turnover against the drifted weights, wealth less costs times turnover.
    """
    before, now = np.zeros(weights.shape[1]), 1.0
    turnover, gross, wealth = [], [], [1.0]
    for bought, time in zip(weights, purchases, strict=True):
        growth = np.cumprod(1.0 + np.nan_to_num(market.realised[time]), axis=1)  # (A, N)
        traded = float(np.abs(bought - before).sum())
        cash = 1.0 - bought.sum()
        value = bought @ growth + cash  # (N,)
        wealth += (now * (1.0 - costs * traded) * value).tolist()
        before = bought * growth[:, -1] / value[-1]
        now = wealth[-1]
        turnover.append(traded)
        gross.append(value[-1] - 1.0)
    net = (1.0 - costs * np.asarray(turnover)) * (1.0 + np.asarray(gross)) - 1.0
    return Course(weights, np.asarray(turnover), np.asarray(gross), net, np.asarray(wealth))


def drawdown(wealth: Sums) -> float:
    """Return the largest loss from a height reached before, as a share of it."""
    return float((1.0 - wealth / np.maximum.accumulate(wealth)).max())


def sharpe(returns: Sums, per_year: float) -> float:
    """Return mean ÷ deviation of returns of one period each, per year; NaN where they do not vary.

    Nothing is taken off for what money earns without risk.

    Source:
        Sharpe (1994), "The Sharpe Ratio"; the year has ``per_year`` periods, and its mean grows with them, its
        deviation with their root, as if periods did not depend on one another.
    """
    return float(sharpe_of_sums(returns.sum(), (returns**2).sum(), len(returns), per_year))


def sharpe_of_sums(total: Sums, squares: Sums, count: Sums | int, per_year: float) -> Sums:
    """Return the same from sums of returns and of their squares over ``count`` periods."""
    mean = total / count
    spread = (squares - count * mean**2) / (np.asarray(count) - 1)
    is_flat = spread <= 1e-12 * np.maximum(squares / count, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Sums = np.where(is_flat, np.nan, mean / np.sqrt(spread) * np.sqrt(per_year))
    return ratio
