"""Markets whose every return is known, as tables of forecasts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.forecast import TRUTH_COLUMNS, ForecastTruth, forecast_truth

START = datetime(2024, 1, 1)


def panel_table(returns, answer, horizon: int, *, missing=()) -> pl.DataFrame:
    """Return a forecast table of the documented form.

    Args:
        returns: Of each day and asset, ``(day, asset)``; a window ends at each day whose horizon follows.
        answer: What is forecast at the end of each window, ``(window, asset, step)``.
        horizon: Days ahead.
        missing: Windows ``(day, asset)`` that are not in the table.
    """
    days, assets = returns.shape
    rows = []
    for asset in range(assets):
        for day in range(days - horizon):
            if (day, asset) in missing:
                continue
            rows += [
                (
                    asset * days + day,
                    f"asset {asset}",
                    START + timedelta(days=day),
                    step + 1,
                    "Close",
                    returns[day + 1 + step, asset],
                    answer[day, asset, step],
                )
                for step in range(horizon)
            ]
    schema = {
        "sample_id": pl.Int64, "group": pl.String, "time": pl.Datetime("us"), "step": pl.Int32, "channel": pl.String,
        "target": pl.Float32, "prediction": pl.Float32,
    }  # fmt: skip
    return pl.DataFrame(rows, schema, orient="row")


def ahead_of(returns, horizon: int):
    """Return what comes after each window, ``(window, asset, step)``: a forecast without error."""
    return np.stack([returns[day + 1 : day + 1 + horizon].T for day in range(len(returns) - horizon)])


@pytest.fixture
def panel() -> Callable[..., pl.DataFrame]:
    """Return what makes a forecast table of daily returns."""
    return panel_table


@pytest.fixture
def perfect() -> Callable[..., np.ndarray]:
    """Return what makes a forecast without error."""
    return ahead_of


@pytest.fixture
def truth_of() -> Callable[..., ForecastTruth]:
    """Return what reads the test windows of a table."""
    return lambda table: forecast_truth(table.select(TRUTH_COLUMNS), {}, "cnn-lstm", scaled=False)
