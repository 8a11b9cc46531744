"""Several trainings answer together: the mean of what they say, or weights learnt from out-of-fold answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipeline.evaluation.classify import PROBABILITY
from pipeline.foundation.errors import ConfigError
from pipeline.preprocessing.stream import Floats

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

TINY = 1e-6
"""Smallest probability whose logarithm a stacked committee sees."""


def mean_answer(tables: Sequence[pl.DataFrame], thresholds: Sequence[float] = ()) -> pl.DataFrame:
    """Return the prediction table of the mean of the members' answers.

    Args:
        tables: The members' own prediction tables, of the same rows in the same order.
        thresholds: Labels: from which mean probability on each is predicted, in the order of the labels; empty: 0.5.
    """
    first = tables[0]
    if _is_classes(first):
        return _class_table(first, np.mean([_shares(table) for table in tables], axis=0))
    if "probability" in first.columns:
        mean = np.mean([table["probability"].to_numpy() for table in tables], axis=0)
        limits = np.resize(np.asarray(thresholds or [0.5], np.float32), len(first))
        return first.with_columns(
            probability=pl.Series(mean.astype(np.float32)), prediction=pl.Series(mean >= limits)
        )
    columns = [name for name in first.columns if name == "prediction" or name.startswith("quantile_")]
    means = {name: np.mean([table[name].to_numpy() for table in tables], axis=0) for name in columns}
    return first.with_columns(
        **{name: pl.Series(values.astype(np.float32)) for name, values in means.items()}
    )


def stacked_answer(
    tables: Sequence[pl.DataFrame], unseen: Sequence[pl.DataFrame], *, seed: int
) -> pl.DataFrame:
    """Return the prediction table of members that are weighed by their answers to samples they were not trained on.

    Classes: logistic regression on the members' log probabilities. Numbers and forecasts: weights that are not
    negative, by least squares.

    Args:
        tables: The members' prediction tables of the test split.
        unseen: Their out-of-fold answers to the training split, member by member in the same order.
        seed: Of the solver.

    Raises:
        ConfigError: The head is multilabel.
    """
    first = tables[0]
    if _is_classes(first):
        model = _fitted(unseen, seed)
        shares = np.zeros((len(first), len(_classes(first))), np.float32)
        known = {name: column for column, name in enumerate(_classes(first))}
        shares[:, [known[name] for name in model.classes_]] = model.predict_proba(_logs(tables))
        return _class_table(first, shares)
    if "probability" in first.columns:
        raise ConfigError(
            "combine=stacked weighs classes, numbers and forecasts, not labels; use combine=mean"
        )
    weights = _weights(unseen)
    values = np.stack([table["prediction"].to_numpy() for table in tables], axis=1) @ weights
    return first.with_columns(prediction=pl.Series(values.astype(np.float32)))


def _fitted(unseen: Sequence[pl.DataFrame], seed: int) -> "LogisticRegression":
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000, random_state=seed)
    return model.fit(_logs(unseen), unseen[0]["target"].to_numpy())


def _weights(unseen: Sequence[pl.DataFrame]) -> Floats:
    """Return one weight per member, in units of each channel's own deviation so that none outweighs the others."""
    from scipy.optimize import nnls

    scale = unseen[0].select(pl.col("target").std().over("channel"))["target"].fill_null(1.0).to_numpy()
    scale = np.where(scale > 0, scale, 1.0)
    members = np.stack([table["prediction"].to_numpy() / scale for table in unseen], axis=1)
    weights: Floats = nnls(members, unseen[0]["target"].to_numpy() / scale)[0]
    return weights


def _is_classes(table: pl.DataFrame) -> bool:
    return any(name.startswith(PROBABILITY) for name in table.columns)


def _classes(table: pl.DataFrame) -> list[str]:
    return [name.removeprefix(PROBABILITY) for name in table.columns if name.startswith(PROBABILITY)]


def _shares(table: pl.DataFrame) -> Floats:
    shares: Floats = table.select(pl.col(f"^{PROBABILITY}.*$")).to_numpy()
    return shares


def _logs(tables: Sequence[pl.DataFrame]) -> Floats:
    logs: Floats = np.concatenate([np.log(np.maximum(_shares(table), TINY)) for table in tables], axis=1)
    return logs


def _class_table(table: pl.DataFrame, shares: Floats) -> pl.DataFrame:
    names = _classes(table)
    return table.with_columns(
        pl.Series("prediction", np.asarray(names, object)[shares.argmax(axis=1)], pl.String),
        *[
            pl.Series(f"{PROBABILITY}{name}", shares[:, column].astype(np.float32))
            for column, name in enumerate(names)
        ],
    )
