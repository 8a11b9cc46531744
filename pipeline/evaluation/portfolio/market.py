"""Returns of several assets at common times, as test windows tell them, and what is known of them at each time.

A window exists only where the whole horizon follows it. So an asset that leaves the market is not bought in its last
steps, and what those cost is not seen: the weights know nothing of later returns, but the choice of assets does know
that they go on for one more horizon.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.forecast import ForecastTruth
from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.samples import Floats, Ints, Sums
from pipeline.foundation.errors import DataError
from pipeline.foundation.words import plural

COMMON = 0.5
"""A time counts if at least this share of the most assets that any time so far has were observed at it."""


@dataclass(frozen=True)
class Market:
    """What happened. Times T, assets A, steps of the horizon N."""

    times: pl.Series
    """When windows end, rising, ``(T,)``: what happened up to then is known."""

    assets: tuple[str, ...]
    realised: Sums
    """Simple returns of the steps after each time, ``(T, A, N)``; NaN where an asset has no window."""

    rows: Ints
    """Of each window the time it belongs to, ``(window,)``; -1 where its time is not common."""

    columns: Ints
    """Of each window its asset, ``(window,)``."""

    @property
    def horizon(self) -> int:
        """Steps that a portfolio is held for."""
        return int(self.realised.shape[2])

    @property
    def steps_per_year(self) -> float:
        """Return how many times there are in a year of 365.25 days, on average over the test split.

        The median distance of two times would not do: it is one day for prices of working days, of which
        a year has about 252.
        """
        years: float = (self.times[-1] - self.times[0]).total_seconds() / (365.25 * 86_400)
        return (len(self.times) - 1) / years

    def placed(self, answer: Floats) -> Sums:
        """Return what windows say ``(window, N)`` as ``(T, A, N)``; NaN where there is no window."""
        return _placed(answer, self.rows, self.columns, (len(self.times), len(self.assets)))

    def purchases(self, warm_up: int) -> range:
        """Return the times, by their number, at which a portfolio is bought: one is sold as the next is bought."""
        return range(warm_up, len(self.times), self.horizon)

    def known(self, now: int, config: MeanVarianceConfig) -> tuple[Ints, Sums]:
        """Return what may be held at a time, and the returns that are known by then.

        The first step after a window that ended earlier is the row that a later window of that asset ended
        with, at the latest: it has happened. Of further steps that is not sure, so they are left out.

        Args:
            now: The number of the time.
            config: How far to look back.

        Returns:
            Numbers of the assets, and returns of one step ``(step, asset)`` without holes.
        """
        recent = self.realised[max(now - config.history, 0) : now, :, 0]
        held = np.isfinite(self.realised[now, :, 0]) & np.isfinite(recent[-config.warm_up :]).all(axis=0)
        assets = np.flatnonzero(held)
        returns = recent[:, assets]
        return assets, returns[np.isfinite(returns).all(axis=1)]


def market_of(truth: ForecastTruth, config: MeanVarianceConfig) -> Market:
    """Return the market that the test windows are about.

    Args:
        truth: Windows with a group, a time, and one channel: the returns.
        config: How many times nothing is held in.

    Raises:
        DataError: Groups or times are missing, there are several channels, or too few times for two portfolios.
    """
    keys = truth.samples.keys
    if keys["group"].null_count() or keys["time"].null_count() or keys["group"].n_unique() < 2:
        raise DataError(
            f"evaluation.portfolio needs a time for every test window and two groups or more, and the test split has "
            f"{plural(keys['group'].drop_nulls().n_unique(), 'group')}; set evaluation.portfolio.kind=none"
        )
    if len(truth.channels) > 1:
        raise DataError(
            f"evaluation.portfolio needs one forecast channel, the return, and there are "
            f"{len(truth.channels)}: {', '.join(truth.channels[:6])}; name one in heads.targets"
        )
    counts = keys.group_by("time").len().sort("time")
    times = counts.filter(pl.col("len") >= COMMON * pl.col("len").cum_max())["time"]
    assets = keys["group"].unique().sort()
    rows = _numbers(keys["time"], times)
    columns = _numbers(keys["group"], assets)
    realised = _placed(truth.target[:, 0], rows, columns, (len(times), len(assets)))
    market = Market(times, tuple(assets), realised, rows, columns)
    if len(market.purchases(config.warm_up)) < 2:
        raise DataError(
            f"the test split has {len(times):,} times that its groups share; with evaluation.portfolio.warm_up="
            f"{config.warm_up} and a horizon of {market.horizon} that is too few to buy twice; lower warm_up, or give "
            f"preprocessing.split.test a larger share"
        )
    return market


def _numbers(values: pl.Series, known: pl.Series) -> Ints:
    """Return the place of each value among the ``known``, -1 where it has none."""
    places = pl.DataFrame({"value": known, "place": np.arange(len(known))})
    found = values.to_frame("value").join(places, on="value", how="left", maintain_order="left")
    return np.asarray(found["place"].fill_null(-1).to_numpy(), np.int64)


def _placed(values: Floats, rows: Ints, columns: Ints, shape: tuple[int, int]) -> NDArray[np.float64]:
    placed = np.full((*shape, values.shape[1]), np.nan)
    is_common = rows >= 0
    placed[rows[is_common], columns[is_common]] = values[is_common]
    return placed
