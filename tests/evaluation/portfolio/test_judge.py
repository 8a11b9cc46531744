"""Promises about the portfolios of all models."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.case import Case
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.flat_metrics import flat_metrics
from pipeline.evaluation.judge import Entrant
from pipeline.evaluation.panel import judge_forecasts
from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.judge import expected, judge_portfolios
from pipeline.evaluation.portfolio.told import CALM, EQUAL
from pipeline.evaluation.report import report_html

CONFIG = MeanVarianceConfig(warm_up=20, history=40, costs=0.001, max_weight=0.5)
HORIZON, DAYS, ASSETS = 3, 200, 6


@pytest.fixture
def returns():
    random = np.random.default_rng(5)
    return 0.01 * (random.normal(size=(DAYS, 1)) + random.normal(size=(DAYS, ASSETS)))


def portfolios_of(tables, truth, config=CONFIG):
    """Return a judged case of tables by name, the first of them the model's, with its portfolios."""
    names = list(tables)
    roles = ["model", *["rival"] * (len(names) - 1)]
    case = Case(
        entrants=[Entrant(name=name, role=role) for name, role in zip(names, roles, strict=True)],
        tables={name: [table.lazy()] for name, table in tables.items()},
        histories=[],
        config=EvaluationConfig(scores="original", resamples=400, portfolio=config),
        seed=0,
        overlap=HORIZON,
        scale={},
        facts={},
        left_out={},
    )
    return replace(judge_forecasts(case), portfolios=judge_portfolios(case, truth, config))


def test_who_knows_what_comes_earns_more_than_equal_weight_and_who_knows_the_opposite_less(
    panel, perfect, truth_of, returns
):
    known = perfect(returns, HORIZON)
    tables = {"cnn-lstm": panel(returns, known, HORIZON), "contrary": panel(returns, -known, HORIZON)}

    told = portfolios_of(tables, truth_of(tables["cnn-lstm"])).portfolios

    assert (told.lines[0].name, told.lines[-1].name) == ("cnn-lstm", "contrary")
    assert {line.name for line in told.lines} == {"cnn-lstm", "contrary", EQUAL, CALM}
    assert told.line("cnn-lstm").margin_interval[0] > 0
    assert told.line("contrary").margin_interval[1] < 0
    assert told.line(EQUAL).margin is None


def test_a_forecast_that_says_the_same_of_all_is_the_portfolio_of_least_variance(panel, truth_of, returns):
    calm = returns.copy()
    calm[:, 0] *= 0.05
    tables = {"cnn-lstm": panel(calm, np.zeros((DAYS - HORIZON, ASSETS, HORIZON)), HORIZON)}

    told = portfolios_of(tables, truth_of(tables["cnn-lstm"])).portfolios

    weights = told.line("cnn-lstm").course.weights
    np.testing.assert_array_equal(weights, told.line(CALM).course.weights)
    assert (weights.argmax(axis=1) == 0).all()
    assert weights.max() == pytest.approx(CONFIG.max_weight)
    assert told.line("cnn-lstm").figures()["volatility"] < told.line(EQUAL).figures()["volatility"]


def test_equal_weight_is_a_share_of_each_asset_and_pays_the_same_costs(panel, truth_of, returns):
    tables = {"cnn-lstm": panel(returns, np.zeros((DAYS - HORIZON, ASSETS, HORIZON)), HORIZON)}

    told = portfolios_of(tables, truth_of(tables["cnn-lstm"])).portfolios

    course = told.line(EQUAL).course
    assert np.allclose(course.weights, 1 / ASSETS)
    assert course.turnover[0] == pytest.approx(1.0)
    first = np.prod(1 + returns[21:24], axis=0).mean() - 1
    assert course.gross[0] == pytest.approx(first, rel=1e-5)
    assert course.net[0] == pytest.approx(0.999 * (1 + first) - 1, rel=1e-5)


@pytest.mark.parametrize("purchase", [3, 10, 25])
def test_nothing_later_than_a_purchase_changes_its_weights(panel, truth_of, returns, purchase):
    random = np.random.default_rng(9)
    answer = 0.01 * random.normal(size=(DAYS - HORIZON, ASSETS, HORIZON))
    now = CONFIG.warm_up + HORIZON * purchase  # returns up to this day are known, and forecasts made by then
    other, said = returns.copy(), answer.copy()
    other[now + 1 :] = 0.2 * random.uniform(-1, 1, size=other[now + 1 :].shape)
    said[now + 1 :] = random.normal(size=said[now + 1 :].shape)
    vanished = {(day, asset) for day in range(now + 1, DAYS) for asset in (1, 4)}

    first, second = (
        portfolios_of({"cnn-lstm": table}, truth_of(table)).portfolios
        for table in (
            panel(returns, answer, HORIZON),
            panel(other, said, HORIZON, missing=vanished),
        )
    )

    for name in ("cnn-lstm", EQUAL):
        own, changed = first.line(name).course.weights, second.line(name).course.weights
        np.testing.assert_array_equal(own[: purchase + 1], changed[: purchase + 1])
        assert not np.array_equal(own[purchase + 1], changed[purchase + 1])


def test_what_happens_on_the_day_of_a_purchase_does_change_its_weights(panel, truth_of, returns):
    now = CONFIG.warm_up + HORIZON * 4
    answer = np.zeros((DAYS - HORIZON, ASSETS, HORIZON))
    other = returns.copy()
    other[now, 2] = 0.06

    first, second = (
        portfolios_of({"cnn-lstm": table}, truth_of(table)).portfolios.line("cnn-lstm").course.weights
        for table in (panel(returns, answer, HORIZON), panel(other, answer, HORIZON))
    )

    np.testing.assert_array_equal(first[:4], second[:4])
    assert second[4, 2] < first[4, 2]


def test_costs_lower_what_is_earned_and_nothing_else(panel, perfect, truth_of, returns):
    table = panel(returns, perfect(returns, HORIZON), HORIZON)

    free, dear = (
        portfolios_of(
            {"cnn-lstm": table}, truth_of(table), CONFIG.model_copy(update={"costs": costs})
        ).portfolios
        for costs in (0.0, 0.01)
    )

    without, with_costs = free.line("cnn-lstm").figures(), dear.line("cnn-lstm").figures()
    assert without["sharpe"] == without["sharpe_before_costs"] == with_costs["sharpe_before_costs"]
    assert without["turnover"] == with_costs["turnover"]
    assert with_costs["sharpe"] < without["sharpe"]


def test_too_few_periods_have_no_interval(panel, truth_of, returns):
    short = returns[:33]
    table = panel(short, np.zeros((30, ASSETS, HORIZON)), HORIZON)

    judged = portfolios_of({"cnn-lstm": table}, truth_of(table))

    assert judged.portfolios.line("cnn-lstm").margin_interval is None
    assert "4 holding periods are too few to say whether they differ" in report_html(judged)


def test_forecasts_are_compounded_and_none_loses_more_than_all():
    assert expected(np.array([0.1, 0.1])) == pytest.approx(0.21)
    assert expected(np.array([-7.0, 0.1])) == -1.0


def test_figures_stand_beside_the_metrics(panel, perfect, truth_of, returns):
    known = perfect(returns, HORIZON)
    tables = {"cnn-lstm": panel(returns, known, HORIZON), "ridge": panel(returns, -known, HORIZON)}

    flat = flat_metrics(portfolios_of(tables, truth_of(tables["cnn-lstm"])))

    assert flat["test/portfolio_sharpe"] > flat["baseline/equal-weight/portfolio_sharpe"]
    assert flat["test/portfolio_margin"] == pytest.approx(
        flat["test/portfolio_sharpe"] - flat["baseline/equal-weight/portfolio_sharpe"]
    )
    assert (
        flat["test/portfolio_margin_low"] < flat["test/portfolio_margin"] < flat["test/portfolio_margin_high"]
    )
    assert {f"test/portfolio_{name}" for name in ("return", "volatility", "turnover", "drawdown")} <= set(
        flat
    )
    assert "baseline/ridge/portfolio_return" in flat


def test_names_from_data_are_escaped_and_the_section_says_what_was_bought(panel, perfect, truth_of, returns):
    known = perfect(returns, HORIZON)
    evil = "<script>alert(1)</script>"
    tables = {"cnn-lstm": panel(returns, known, HORIZON), evil: panel(returns, -known, HORIZON)}

    page = report_html(portfolios_of(tables, truth_of(tables["cnn-lstm"])))

    assert evil not in page
    assert "As a portfolio" in page
    assert "of cnn-lstm is " in page and ": better by more than chance (+" in page
    assert "59 portfolios of 6 assets, each held for 3 steps" in page


def test_without_the_setting_the_report_has_no_such_section(panel, truth_of, returns):
    table = panel(returns, np.zeros((DAYS - HORIZON, ASSETS, HORIZON)), HORIZON)

    page = report_html(replace(portfolios_of({"cnn-lstm": table}, truth_of(table)), portfolios=None))

    assert "As a portfolio" not in page


def test_what_was_bought_is_a_table_that_adds_up(panel, truth_of, returns):
    table = panel(returns, np.zeros((DAYS - HORIZON, ASSETS, HORIZON)), HORIZON)

    weights = portfolios_of({"cnn-lstm": table}, truth_of(table)).portfolios.weights()

    sums = weights.group_by("model", "time").agg(pl.col("weight").sum())
    assert sums["weight"].to_list() == pytest.approx([1.0] * len(sums))
    assert set(weights["group"]) == {f"asset {asset}" for asset in range(ASSETS)}
    first, second = weights["time"].unique().sort()[:2]
    assert second - first == timedelta(days=HORIZON)
