"""From a file of prices to a portfolio: the stages with real files in between."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.config import Config
from pipeline.evaluation.portfolio.told import CALM, EQUAL
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.table import write_table
from pipeline.params import validated_config
from pipeline.stages.run import run

DAYS, TICKERS, HORIZON = 400, ("A&B", "C", "D", "E"), 5


def prices() -> pl.DataFrame:
    """Return closing prices in which the return of a day is half of that of the day before, and chance."""
    random = np.random.default_rng(3)
    shocks = 0.01 * (random.normal(size=(DAYS, 1)) + random.normal(size=(DAYS, len(TICKERS))))
    returns = np.zeros_like(shocks)
    for day in range(1, DAYS):
        returns[day] = 0.5 * returns[day - 1] + shocks[day]
    close = 50 * np.cumprod(1 + returns, axis=0)
    days = [date(2020, 1, 1) + timedelta(days=day) for day in range(DAYS)]
    return pl.DataFrame(
        {
            "day": days * len(TICKERS),
            "ticker": np.repeat(TICKERS, DAYS),
            "Close": close.T.ravel(),
        }
    )


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, Config]:
    """Return a project up to its baselines, and its settings."""
    prices().write_csv(tmp_path / "prices.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "quality.yaml").write_text("version: 1\nreference: []\n")
    split = {"kind": "time", "train": 0.4, "val": 0.1, "test": 0.5}
    tree = {
        "sources": {
            "kind": "csv",
            "path": "prices.csv",
            "time": "day",
            "group": "ticker",
            "channels": ["Close"],
        },
        "preprocessing": {"kind": "windows", "window": 10, "changes": "returns", "split": split},
        "extraction": {"kind": "conv1d"},
        "heads": {"kind": "forecast", "horizon": HORIZON, "targets": ["Close"]},
        "evaluation": {
            "portfolio": {"kind": "mean_variance", "warm_up": 30, "max_weight": 0.6, "costs": 0.002}
        },
    }
    config = validated_config(tree, "params.yaml")
    for stage in ("ingest", "validate", "preprocess", "baseline"):
        run(stage, config, tmp_path)
    return tmp_path, config


def write_stages(folder: Path, *, like: str) -> None:
    """Finish analyze and extract as if the network had forecast what a baseline did."""
    with stage_folder(folder / "data" / "analyze") as out:
        write_table(
            pl.read_parquet(folder / "data" / "baseline" / f"{like}.parquet"), out / "predictions.parquet"
        )
        report = json.loads((folder / "data" / "baseline" / "report.json").read_text())
        write_json(
            {"summary": "trained", "model": "cnn-lstm", "parameters": 99, "scale": report.get("scale")},
            out / "report.json",
        )
    with stage_folder(folder / "data" / "extract") as out:
        write_json({"summary": "nothing to fit", "model": "", "fitted": False}, out / "report.json")


def test_forecasts_of_prices_become_portfolios_of_every_model(project):
    folder, config = project
    write_stages(folder, like="linear")

    run("evaluate", config, folder)

    out = folder / "data" / "evaluate"
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["test/portfolio_sharpe"] == metrics["baseline/linear/portfolio_sharpe"]
    assert metrics["test/portfolio_sharpe_before_costs"] > metrics["test/portfolio_sharpe"]
    assert {"baseline/equal-weight/portfolio_sharpe", "baseline/last_value/portfolio_sharpe"} <= set(metrics)
    bought = pl.read_parquet(out / "portfolios.parquet")
    assert set(bought["model"]) >= {"cnn-lstm", "linear", "last_value", CALM, EQUAL}
    assert set(bought["group"]) == set(TICKERS)
    page = (out / "report.html").read_text()
    assert "As a portfolio" in page


def test_realised_returns_are_those_of_the_prices(project):
    folder, config = project
    write_stages(folder, like="last_value")

    run("evaluate", config, folder)

    equal = pl.read_parquet(folder / "data" / "evaluate" / "portfolios.parquet").filter(
        pl.col("model") == EQUAL
    )
    bought = equal["time"].unique().sort().to_list()
    close = prices().pivot("ticker", index="day", values="Close")
    values = close.drop("day").to_numpy()
    places = [close["day"].to_list().index(time.date()) for time in bought]
    gross = [(values[place + HORIZON] / values[place]).mean() - 1 for place in places]
    metrics = json.loads((folder / "data" / "evaluate" / "metrics.json").read_text())
    turnover = metrics["baseline/equal-weight/portfolio_turnover"]
    costs = 0.002 * turnover
    per_year = 365.25 / HORIZON  # the days of the year, one after the other
    assert metrics["baseline/equal-weight/portfolio_return"] == pytest.approx(
        np.mean(gross) * per_year - costs, rel=0.02
    )


def test_two_runs_buy_the_same(project):
    folder, config = project
    write_stages(folder, like="linear")
    manifest = folder / "data" / "evaluate" / "manifest.json"
    run("evaluate", config, folder)
    first = manifest.read_bytes()

    run("evaluate", config, folder)

    assert manifest.read_bytes() == first
    assert "portfolios.parquet" in manifest.read_text()
