"""What the report shows of the portfolios that forecasts make."""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.charts import Line, LineChart, line_chart
from pipeline.evaluation.judged import Judged
from pipeline.evaluation.portfolio.told import CALM, EQUAL, Portfolio, Portfolios
from pipeline.evaluation.wording import moment, percent, plural, signed

OTHERS = 6
"""Looks for lines that are neither the model nor a floor without forecasts."""


@dataclass(frozen=True)
class PortfolioRow:
    """One portfolio, in words."""

    name: str
    role: str
    returned: str
    volatility: str
    sharpe: str
    sharpe_before_costs: str
    turnover: str
    drawdown: str
    margin: str
    margin_interval: str
    sure: bool
    """Whether the margin's interval excludes 0."""


@dataclass(frozen=True)
class PortfolioSection:
    """The part of the page about portfolios."""

    sentence: str
    about: str
    rows: tuple[PortfolioRow, ...]
    least_variance: str
    """The Sharpe ratio after costs of the portfolio that needs no forecast."""

    wealth: LineChart
    wealth_narrow: LineChart


def portfolio_section(judged: Judged) -> PortfolioSection | None:
    """Return the texts and the chart of the section; None where nothing was bought."""
    told = judged.portfolios
    if told is None:
        return None
    return PortfolioSection(
        sentence=_sentence(judged.model, told),
        about=_about(told),
        rows=tuple(_row(line) for line in told.lines),
        least_variance=_ratio(told.line(CALM).figures()["sharpe"]),
        wealth=_wealth(judged.model, told, size=(1030, 340)),
        wealth_narrow=_wealth(judged.model, told, size=(480, 320)),
    )


def _sentence(model: str, told: Portfolios) -> str:
    own, floor = told.line(model), told.line(EQUAL)
    mine, other = own.figures()["sharpe"], floor.figures()["sharpe"]
    if own.margin is None:
        return (
            f"No Sharpe ratio of {model} beside that of equal weight: the returns of one of them do not vary"
        )
    values = f"After costs the Sharpe ratio of {model} is {_ratio(mine)} a year, that of equal weight {_ratio(other)}"
    if own.margin_interval is None:
        return f"{values}; {plural(len(told.times), 'holding period')} are too few to say whether they differ"
    margin, *bounds = (_ratio(value) for value in (own.margin, *own.margin_interval))
    between = f"{signed(margin)}, {percent(told.confidence)} interval {' to '.join(bounds)}"
    low, high = own.margin_interval
    word = "better" if low > 0 else "worse"
    says = f"{word} by more than chance" if low > 0 or high < 0 else "within noise"
    return f"{values}: {says} ({between})"


def _about(told: Portfolios) -> str:
    config, first = told.config, moment(told.times[0]).removesuffix(" 00:00")
    return (
        f"From {first} on, {plural(len(told.times), 'portfolio')} of {len(told.assets):,} assets, each "
        f"held for {plural(told.horizon, 'step')} and left to drift; no short sales, no loans, at most "
        f"{percent(config.max_weight)} in one asset, risk aversion {config.risk_aversion:g}. Weights come from "
        f"the forecast returns and the covariance, shrunken as Ledoit and Wolf do, of the returns of up to "
        f"{config.history:,} steps before. Bought at the last value that the forecast knows; "
        f"{percent(config.costs)} of all that is bought or sold is lost. A year has as many periods as the test split "
        f"has on average, and money earns nothing without risk."
    )


def _row(line: Portfolio) -> PortfolioRow:
    figures = line.figures()
    bounds = line.margin_interval
    margin, *edges = (
        ("",) if line.margin is None else (_ratio(value) for value in (line.margin, *(bounds or ())))
    )
    return PortfolioRow(
        name=line.name,
        role=line.role,
        returned=_share(figures["return"]),
        volatility=_share(figures["volatility"]),
        sharpe=_ratio(figures["sharpe"]),
        sharpe_before_costs=_ratio(figures["sharpe_before_costs"]),
        turnover=f"{figures['turnover']:,.1f}",
        drawdown=_share(figures["drawdown"]),
        margin=signed(margin),
        margin_interval=" to ".join(edges),
        sure=bounds is not None and (bounds[0] > 0 or bounds[1] < 0),
    )


def _share(value: float) -> str:
    return f"{100 * value:.1f} %".replace("-", "−")


def _ratio(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if np.isfinite(value) else "–"


def _wealth(model: str, told: Portfolios, *, size: tuple[int, int]) -> LineChart:
    strong = {CALM: "truth", EQUAL: "rival", model: "model"}
    others = [line.name for line in told.lines if line.name not in strong]
    looks = {name: f"other-{index % OTHERS}" for index, name in enumerate(others)} | strong
    lines = []
    for name in [*reversed(others), *strong]:
        wealth = told.line(name).course.wealth
        lines.append(Line(name, looks[name], list(range(len(wealth))), wealth.tolist()))
    return line_chart(lines, titles=("steps since the first purchase", "wealth after costs"), size=size)
