"""What is told of the portfolios of all models."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.course import Course, drawdown, sharpe
from pipeline.evaluation.samples import Sums

Bounds = tuple[float, float]
EQUAL = "equal weight"
"""The floor: the same share of each asset that may be held."""

CALM = "least variance"
"""A second floor: the weights of a model that forecasts the same for all. What a model has more is its forecasts'."""


@dataclass(frozen=True)
class Portfolio:
    """One portfolio and its figures, all of them simple returns, shares of the wealth, or per year."""

    name: str
    role: str
    course: Course
    periods_per_year: float
    margin: float | None = None
    """By how much its Sharpe ratio after costs is above that of equal weight; None for that itself."""

    margin_interval: Bounds | None = None

    def figures(self) -> dict[str, float]:
        """Return every figure by name; those that are not defined are NaN."""
        course, year = self.course, self.periods_per_year
        return {
            "return": float(course.net.mean()) * year,
            "volatility": float(course.net.std(ddof=1)) * year**0.5,
            "sharpe": sharpe(course.net, year),
            "return_before_costs": float(course.gross.mean()) * year,
            "sharpe_before_costs": sharpe(course.gross, year),
            "turnover": float(course.turnover.mean()) * year,
            "drawdown": drawdown(course.wealth),
        }


@dataclass(frozen=True)
class Portfolios:
    """The portfolios of all models over the same periods."""

    lines: Sequence[Portfolio]
    """The two floors among them; the highest Sharpe ratio after costs first."""

    times: pl.Series
    """When they were bought, ``(P,)``."""

    assets: tuple[str, ...]
    config: MeanVarianceConfig
    horizon: int
    confidence: float
    how: str | None
    """What resamples are made of; None: too few periods for intervals."""

    def line(self, name: str) -> Portfolio:
        """Return the portfolio of a model, or of a floor."""
        return next(line for line in self.lines if line.name == name)

    def weights(self) -> pl.DataFrame:
        """Return ``model, time, group, weight`` of all that was bought, larger than 0."""
        frames = [self._bought(line.name, line.course.weights) for line in self.lines]
        return pl.concat(frames).filter(pl.col("weight") > 0)

    def flat(self, model: str, keys: Mapping[str, str]) -> dict[str, float]:
        """Return what ``dvc metrics`` lays side by side.

        Args:
            model: Whose figures stand under ``test/``.
            keys: Name → how the others are named there.
        """
        flat: dict[str, float] = {}
        for line in self.lines:
            figures = {name: value for name, value in line.figures().items() if math.isfinite(value)}
            if line.name != model:
                known = ("return", "sharpe", "turnover")
                flat |= {
                    f"baseline/{keys[line.name]}/portfolio_{name}": figures[name]
                    for name in known
                    if name in figures
                }
                continue
            flat |= {f"test/portfolio_{name}": value for name, value in figures.items()}
            if line.margin is not None:
                flat["test/portfolio_margin"] = line.margin
            if line.margin_interval is not None:
                low, high = line.margin_interval
                flat |= {"test/portfolio_margin_low": low, "test/portfolio_margin_high": high}
        return flat

    def _bought(self, name: str, weights: Sums) -> pl.DataFrame:
        purchases, assets = weights.shape
        return pl.DataFrame(
            {
                "model": pl.Series([name] * weights.size, dtype=pl.String),
                "time": pl.Series(
                    [time for time in self.times for _ in range(assets)], dtype=self.times.dtype
                ),
                "group": pl.Series(list(self.assets) * purchases, dtype=pl.String),
                "weight": weights.ravel(),
            }
        )
