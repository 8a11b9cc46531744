"""The data behind ``dvc plots show``: small tables under names that do not depend on the head."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.evaluation.judge import DECIDING
from pipeline.evaluation.judged import ClassDetails, Details, ForecastDetails, History, Judged

MOST_ROWS = 20_000
"""Rows of the confusion table: the page of ``dvc plots`` holds them all."""


def plot_tables(judged: Judged) -> Mapping[str, pl.DataFrame]:
    """Return file name → table.

    ``loss.csv`` (epoch, train, val), ``models.csv`` (model, role, score, low, high),
    ``confusion.csv`` (actual, predicted), ``horizon.csv`` (step, then the error of the model, of its
    best rival, and of each model by its name). The table of the other head has no rows, so that one
    ``dvc.yaml`` serves both.
    """
    return {
        "loss.csv": _loss(judged.histories[0] if judged.histories else None),
        "models.csv": _models(judged),
        "confusion.csv": _confusion(judged.details),
        "horizon.csv": _horizon(judged),
    }


def _loss(history: History | None) -> pl.DataFrame:
    if history is None:
        return pl.DataFrame(schema={"epoch": pl.Int64, "train": pl.Float64, "val": pl.Float64})
    losses = {"train": history.train, "val": history.val}
    epochs = pl.Series("epoch", history.epoch.astype(np.int64))
    return pl.DataFrame({"epoch": epochs, **losses}).fill_nan(None)


def _models(judged: Judged) -> pl.DataFrame:
    name = DECIDING[judged.head]
    rows = [
        {
            "model": line.name,
            "role": line.role,
            "score": line.scores[name],
            "low": line.intervals.get(name, (None, None))[0],
            "high": line.intervals.get(name, (None, None))[1],
        }
        for line in judged.lines
    ]
    numbers = {"score": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema={"model": pl.String, "role": pl.String, **numbers})


def _confusion(details: Details) -> pl.DataFrame:
    if not isinstance(details, ClassDetails):
        return pl.DataFrame(schema={"actual": pl.String, "predicted": pl.String})
    names = np.asarray(details.truth.classes, dtype=object)
    pairs = {
        "actual": pl.Series(names[details.truth.target], dtype=pl.String),
        "predicted": pl.Series(names[details.answer.prediction], dtype=pl.String),
    }
    return pl.DataFrame(pairs).gather_every(-(-len(details.truth.target) // MOST_ROWS))


def _horizon(judged: Judged) -> pl.DataFrame:
    details = judged.details
    if not isinstance(details, ForecastDetails) or judged.head != "forecast":
        return pl.DataFrame(schema={"step": pl.Int64, "model": pl.Float64, "best_rival": pl.Float64})
    curves = {name: errors.squared_by_step for name, errors in details.errors.items()}
    own = curves[judged.model]
    rival = curves[judged.verdict.rival] if judged.verdict.rival else np.full(len(own), np.nan)
    steps = {"step": np.arange(1, len(own) + 1), "model": own, "best_rival": rival}
    return pl.DataFrame({**steps, **curves}).fill_nan(None)
