"""Forecasts that say how sure they are: do their bands hold what they promise, and how wide are they?"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.evaluation.forecast import ForecastTruth
from pipeline.evaluation.samples import Floats, finite

QUANTILE = "quantile_"
"""What the name of a column with a quantile begins with; its level follows."""


@dataclass(frozen=True)
class Band:
    """The outermost quantiles of one model, shape ``(window, channel, step)`` each."""

    levels: tuple[float, float]
    low: Floats
    high: Floats

    @property
    def promise(self) -> float:
        """The share of values that it should cover."""
        return self.levels[1] - self.levels[0]


def band_levels(table: pl.LazyFrame) -> tuple[float, ...]:
    """Return the quantiles that a prediction table has, rising; empty where it has none."""
    names = table.collect_schema().names()
    return tuple(sorted(float(name.removeprefix(QUANTILE)) for name in names if name.startswith(QUANTILE)))


def read_band(table: pl.LazyFrame, truth: ForecastTruth, model: str) -> Band | None:
    """Return the outermost quantiles; None where there are none.

    Raises:
        DataError: They hold NaN or infinity.
    """
    levels = band_levels(table)
    if not levels:
        return None
    low, high = (_quantile(table, level, truth, model) for level in (levels[0], levels[-1]))
    return Band((levels[0], levels[-1]), low, high)


def band_scores(table: pl.LazyFrame, truth: ForecastTruth, model: str) -> dict[str, float]:
    """Return ``pinball``, ``coverage`` and ``width`` of a model's quantiles; nothing where it has none.

    The rows of ``table`` have to be those of ``truth``. One quantile is in memory at a time.

    Returns:
        The mean pinball loss over all quantiles (twice that is, the more of them there are, the CRPS) and the mean
        width of the band, both in units of ``truth.unit``; and the share of values within the band, edges included.

    Raises:
        DataError: A quantile is NaN or infinite.
    """
    levels = band_levels(table)
    if not levels:
        return {}
    total, inside, width = 0.0, np.ones(truth.target.shape, np.bool_), 0.0
    for level in levels:
        values = _quantile(table, level, truth, model)
        short = (truth.target - values.astype(np.float64)) / truth.unit
        total += float(np.maximum(level * short, (level - 1.0) * short).mean())
        if level == levels[0]:
            inside &= values <= truth.target
            width -= float((values / truth.unit).mean(dtype=np.float64))
        if level == levels[-1]:
            inside &= truth.target <= values
            width += float((values / truth.unit).mean(dtype=np.float64))
    return {"pinball": total / len(levels), "coverage": float(inside.mean()), "width": width}


def _quantile(table: pl.LazyFrame, level: float, truth: ForecastTruth, model: str) -> Floats:
    values = table.select(f"{QUANTILE}{level:g}").collect().to_series().to_numpy()
    finite(values, model)
    quantile: Floats = values.reshape(truth.target.shape)
    return quantile
