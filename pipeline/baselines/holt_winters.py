"""The statistical rival of every forecast: level, damped trend and season, each followed with a factor of its own."""

from itertools import product
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.base import Baseline, Head, Inputs, LeftOutError, drawn, in_batches
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

LEVELS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
TRENDS = ((0.0, 0.0), (0.05, 0.9), (0.2, 0.9), (0.05, 0.98), (0.2, 0.98), (0.05, 1.0))
"""Factor of the trend, and what is left of it after each step; the first is no trend."""

SEASONS = (0.02, 0.1, 0.3, 0.6)

SERIES = 1_000
"""Training windows times channels that choose the factors, about."""


class Factors(NamedTuple):
    """How fast each part follows the series, arrays that fit to ``(batch, target)``."""

    level: Floats
    trend: Floats
    damping: Floats
    seasonal: Floats
    """1 where there is a season, 0 where there is none."""

    season: Floats


class HoltWinters(Baseline):
    """Exponential smoothing, started at the beginning of each window; its form and factors are chosen per channel.

    They are those with the smallest error over the horizon of training windows, out of a fixed grid: simple smoothing,
    with a damped or straight trend, with an additive season, or with both.

    Source:
        Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice", chapter 8; Gardner & McKenzie (1985)
        (damped trend).
    """

    heads: ClassVar[tuple[Head, ...]] = ("forecast",)

    def __init__(self, season: int | None) -> None:
        self.season = season

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Try the grid on training windows drawn with ``seed``.

        Raises:
            LeftOutError: The training split has no window.
        """
        if len(train) == 0:
            raise LeftOutError("the training split has no window")
        meta = train.meta
        self.targets, self.horizon = list(meta.targets), meta.horizon
        has_season = self.season is not None and self.season > 1 and 2 * self.season <= meta.window
        self.steps = self.season if has_season and self.season else 1
        grid = factors(seasonal=has_season)
        size = min(max(SERIES // len(self.targets), 8), len(train))
        error = np.zeros((len(grid.level), len(self.targets)))
        for positions in in_batches(train, drawn(len(train), size, seed)):
            error += self._errors(grid, train.inputs(positions), train.targets(positions))
        chosen = error.argmin(axis=0)
        self.factors = Factors(*(each[chosen, 0, 0] for each in grid))  # (target,)
        self.parameters = 4 * len(self.targets)

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return ``(batch, horizon, target)``."""
        windows = np.asarray(inputs[:, :, self.targets], np.float32)
        future = smoothed(windows, self.factors, season=self.steps, horizon=self.horizon)
        return np.stack(list(future), axis=1)

    def _errors(self, grid: Factors, inputs: Inputs, truth: Floats | Ints) -> NDArray[np.float64]:
        """Return the summed squared error of each entry of the grid and channel."""
        windows = np.asarray(inputs[:, :, self.targets], np.float32)
        total = np.zeros((len(grid.level), len(self.targets)))
        for step, future in enumerate(smoothed(windows, grid, season=self.steps, horizon=self.horizon)):
            with np.errstate(over="ignore"):
                total += ((future - truth[:, step]) ** 2).sum(axis=1, dtype=np.float64)
        return total


def factors(*, seasonal: bool) -> Factors:
    """Return the grid, each array of shape ``(entry, 1, 1)``."""
    seasons = [(0.0, 0.0), *((1.0, factor) for factor in SEASONS)] if seasonal else [(0.0, 0.0)]
    entries = [(level, *trend, *season) for level, trend, season in product(LEVELS, TRENDS, seasons)]
    return Factors(*(np.array(each, np.float32)[:, None, None] for each in zip(*entries, strict=True)))


def smoothed(windows: Floats, factors: Factors, *, season: int, horizon: int) -> list[Floats]:
    """Return the forecast of each step of the horizon, each ``(…, batch, target)``.

    The first season of a window sets the level and the shape of the season; the rest of the window is followed.

    Args:
        windows: Shape ``(batch, step, target)``.
        factors: Arrays that fit to ``(batch, target)``; a leading axis tries several at once.
        season: Steps of one season; 1 where there is none.
        horizon: Steps to forecast.
    """
    level = windows[:, :season].mean(axis=1) + np.zeros_like(factors.level)
    trend = np.zeros_like(level)
    shape = [factors.seasonal * (windows[:, phase] - level) for phase in range(season)]
    for step in range(season, windows.shape[1]):
        value, phase = windows[:, step], step % season
        expected = level + factors.damping * trend
        before, level = level, expected + factors.level * (value - shape[phase] - expected)
        trend = factors.damping * trend + factors.trend * (level - before - factors.damping * trend)
        shape[phase] = shape[phase] + factors.season * (value - expected - shape[phase])
    future, kept = [], factors.damping
    for step in range(windows.shape[1], windows.shape[1] + horizon):
        level = level + kept * trend
        kept = kept * factors.damping
        future.append(np.asarray(level + shape[step % season], np.float32))
    return future
