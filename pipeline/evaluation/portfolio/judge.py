"""From prediction tables to portfolios: every model's forecasts are bought, and set beside equal weight.

Source:
    Ledoit & Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio" (why the two Sharpe ratios are
    compared by resampling periods in pairs); Politis & Romano (1992) (circular blocks). Theirs is a studentised test;
    here it is the interval of percentiles that all other differences of the report have, widened for few blocks.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.evaluation.bootstrap import Plan, interval, plan_resamples, resampled
from pipeline.evaluation.case import Case
from pipeline.evaluation.forecast import ANSWER_COLUMNS, ForecastTruth, forecast_answer
from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.course import Course, course_of, sharpe_of_sums
from pipeline.evaluation.portfolio.market import Market, market_of
from pipeline.evaluation.portfolio.told import CALM, EQUAL, Bounds, Portfolio, Portfolios
from pipeline.evaluation.portfolio.weights import mean_variance_weights, shrunken_covariance
from pipeline.evaluation.samples import Samples, Sums

MOST_LOSS, MOST_GAIN = -1.0, 1.0
"""A forecast of one step beyond these is taken for these: nothing loses more than it is worth."""


def judge_portfolios(case: Case, truth: ForecastTruth, config: MeanVarianceConfig) -> Portfolios:
    """Buy what each model of ``case`` forecasts in its first training, and compare with equal weight.

    Args:
        case: The models.
        truth: The test windows, which have a group, a time and one channel of returns.
        config: How weights are made, and what a trade costs.

    Raises:
        DataError: The windows are no returns of several groups at common times.
    """
    market = market_of(truth, config)
    purchases = market.purchases(config.warm_up)
    risks = [_risk(market, time, config) for time in purchases]
    nothing = np.zeros(len(market.assets))
    bought = {
        EQUAL: np.stack([_equal(market, held) for held, _ in risks]),
        CALM: np.stack([_best(nothing, risk, config) for risk in risks]),
    }
    for name, tables in case.tables.items():
        answer = forecast_answer(tables[0].select(ANSWER_COLUMNS).collect(), truth, name)[:, 0]
        means = expected(market.placed(answer)[purchases.start :: purchases.step])
        bought[name] = np.stack([_best(mean, risk, config) for mean, risk in zip(means, risks, strict=True)])
    courses = {
        name: course_of(market, weights, purchases, costs=config.costs) for name, weights in bought.items()
    }
    return _told(case, market, courses, config)


def expected(steps: Sums) -> Sums:
    """Return forecast returns over the horizon ``(P, A)`` of those of its steps ``(P, A, N)``."""
    compound: Sums = np.prod(1.0 + np.clip(steps, MOST_LOSS, MOST_GAIN), axis=-1) - 1.0
    return compound


def _risk(market: Market, time: int, config: MeanVarianceConfig) -> tuple[np.ndarray, Sums]:
    """Return the assets that may be held at a time, and their covariance as known by then."""
    held, returns = market.known(time, config)
    return held, shrunken_covariance(returns, market.horizon) if len(held) else np.zeros((0, 0))


def _equal(market: Market, held: np.ndarray) -> Sums:
    weights = np.zeros(len(market.assets))
    weights[held] = 1.0 / max(len(held), 1)
    return weights


def _best(mean: Sums, risk: tuple[np.ndarray, Sums], config: MeanVarianceConfig) -> Sums:
    held, covariance = risk
    weights = np.zeros(len(mean))
    if len(held):
        weights[held] = mean_variance_weights(mean[held], covariance, config)
    return weights


def _told(
    case: Case, market: Market, courses: Mapping[str, Course], config: MeanVarianceConfig
) -> Portfolios:
    """Return the portfolios in the order of their Sharpe ratios after costs."""
    times = market.times.gather(list(market.purchases(config.warm_up)))
    year = market.steps_per_year / market.horizon
    nets = {name: course.net for name, course in courses.items()}
    plan = _plan(times, len(nets), case.seed)
    roles = {EQUAL: "floor", CALM: "floor"} | {entrant.name: entrant.role for entrant in case.entrants}
    lines = [Portfolio(name, roles[name], course, year) for name, course in courses.items()]
    margins = _margins(nets, plan, case, year)
    lines = [
        line
        if line.name == EQUAL
        else replace(line, margin=margins[line.name][0], margin_interval=margins[line.name][1])
        for line in lines
    ]
    lines.sort(key=lambda line: -np.nan_to_num(line.figures()["sharpe"], nan=-np.inf))
    how = f"blocks of {plan.span:,} holding periods in a row" if plan else None
    return Portfolios(lines, times, market.assets, config, market.horizon, case.config.confidence, how)


def _plan(times: pl.Series, count: int, seed: int) -> Plan | None:
    """Return how holding periods are resampled, in circular blocks; None where there are too few."""
    keys = pl.DataFrame({"sample_id": np.arange(len(times)), "group": [None] * len(times), "time": times})
    return plan_resamples(Samples(keys), overlap=1, columns=2 * count + 1, seed=seed)


def _margins(
    nets: Mapping[str, Sums], plan: Plan | None, case: Case, year: float
) -> dict[str, tuple[float | None, Bounds | None]]:
    """Return how far each Sharpe ratio is above that of equal weight, on the same periods, and the interval of that."""
    values = np.stack(list(nets.values()), axis=1)  # (P, K)
    sums = np.concatenate([values, values**2, np.ones((len(values), 1))], axis=1)
    whole = _ratios(sums.sum(axis=0), year)
    drawn = None
    if plan is not None:
        binned = np.zeros((plan.count, sums.shape[1]))
        np.add.at(binned, plan.bins, sums)
        drawn = _ratios(resampled(plan, binned, resamples=case.config.resamples, seed=case.seed), year)
    floor = list(nets).index(EQUAL)
    found: dict[str, tuple[float | None, Bounds | None]] = {}
    for index, name in enumerate(nets):
        margin, bounds = float(whole[index] - whole[floor]), None
        if plan is not None and drawn is not None and np.isfinite(margin):
            wider = plan.widening(case.config.confidence)
            bounds = interval(
                drawn[:, index] - drawn[:, floor], case.config.confidence, score=margin, widening=wider
            )
        is_told = bounds is not None and bounds[0] < bounds[1]  # a point would claim certainty
        found[name] = (margin if np.isfinite(margin) else None, bounds if is_told else None)
    return found


def _ratios(sums: Sums, year: float) -> Sums:
    """Return Sharpe ratios ``(…, K)`` of sums of returns, of their squares, and how many ``(…, 2K + 1)``."""
    count = (sums.shape[-1] - 1) // 2
    return sharpe_of_sums(sums[..., :count], sums[..., count : 2 * count], sums[..., -1:], year)
