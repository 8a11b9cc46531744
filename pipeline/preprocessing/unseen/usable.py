"""Which rows a model can use at all: what the settings call a reason to stop in training sets one row aside here."""

import polars as pl

from pipeline.preprocessing.config import TableConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.config_series import SeriesBase
from pipeline.preprocessing.unseen.fitted import Fitted


def row_reasons(fitted: Fitted, channels: tuple[str, ...], *, timed: bool) -> pl.Expr:
    """Return an expression for why a row cannot be used; null: it can.

    Args:
        fitted: What training fitted, and its settings.
        channels: Channels of the series.
        timed: Whether rows have times.
    """
    reasons: list[pl.Expr] = []
    config = fitted.config
    if isinstance(config, SeriesBase):
        if timed:
            reasons.append(_when(pl.col("time").is_null(), "it has no time"))
        if isinstance(config, WholeConfig):
            reasons.append(_when(pl.col("group").is_null(), "it has no group"))
        reasons += _of_series(config, [name for name in channels if name not in fitted.static_names])
    elif isinstance(config, TableConfig):
        reasons += _of_table(fitted, config)
    return pl.coalesce([*reasons, *_of_static(fitted), pl.lit(None, pl.String)]).alias("reason")


def _of_series(config: SeriesBase, channels: list[str]) -> list[pl.Expr]:
    reasons: list[pl.Expr] = []
    averaged = isinstance(config, WindowsConfig) and config.resample_seconds is not None
    if config.missing == "refuse" and not averaged:  # an average of several rows can do without one cell
        unknown = (pl.col(name).is_null() | ~pl.col(name).is_finite() for name in channels)
        told = "is empty or infinite, and preprocessing.missing=refuse"
        reasons += [_when(cell, f"{name} {told}") for name, cell in zip(channels, unknown, strict=True)]
    if config.changes == "returns":
        told = "is not above 0, and preprocessing.changes=returns divides by it"
        reasons += [_when(pl.col(name) <= 0, f"{name} {told}") for name in config.changed or channels]
    return reasons


def _of_table(fitted: Fitted, config: TableConfig) -> list[pl.Expr]:
    columns = fitted.columns
    reasons = [_when(pl.col(name).is_infinite(), f"{name} is infinite") for name in columns.channels]
    if config.missing == "refuse":
        names = (*columns.channels, *(each.name for each in columns.categories))
        told = "is empty, and preprocessing.missing=refuse"
        reasons += [_when(pl.col(name).is_null(), f"{name} {told}") for name in names]
    return reasons


def _of_static(fitted: Fitted) -> list[pl.Expr]:
    if fitted.static is None:
        return []
    reasons = [_when(pl.col(name).is_infinite(), f"{name} is infinite") for name in fitted.static.channels]
    if fitted.config.static_missing == "refuse":
        told = "is empty, and preprocessing.static_missing=refuse"
        reasons += [_when(pl.col(name).is_null(), f"{name} {told}") for name in fitted.static_names]
    return reasons


def _when(condition: pl.Expr, reason: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(reason))
