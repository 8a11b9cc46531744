"""Channels made from the time: where in the day, week, month or year a row lies, as sine and cosine."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from pipeline.preprocessing.series.pieces import Doubles

Cycle = Literal["hour", "weekday", "monthday", "yearday", "month"]
_TIME = pl.col("time")
_DAYS_OF_YEAR = pl.when(_TIME.dt.is_leap_year()).then(366.0).otherwise(365.0)

TURNS: dict[Cycle, pl.Expr] = {
    "hour": (_TIME.dt.hour() * 60.0 + _TIME.dt.minute() + _TIME.dt.second() / 60.0) / 1440.0,
    "weekday": (_TIME.dt.weekday() - 1.0) / 7.0,
    "monthday": (_TIME.dt.day() - 1.0) / _TIME.dt.days_in_month(),
    "yearday": (_TIME.dt.ordinal_day() - 1.0) / _DAYS_OF_YEAR,
    "month": (_TIME.dt.month() - 1.0) / 12.0,
}
"""Place of a time in its cycle, from 0 to 1."""


def calendar_names(cycles: Sequence[Cycle]) -> tuple[str, ...]:
    """Return the names of the channels: two per cycle."""
    return tuple(f"{wave}({cycle})" for cycle in cycles for wave in ("sin", "cos"))


def calendar_channels(times: pl.Series, cycles: Sequence[Cycle]) -> Doubles:
    """Return sine and cosine of the place of each time in its cycles, ``(row, 2 · cycle)``.

    The two together have no jump where the cycle starts anew, and tell every place of it from every other.
    """
    turns = pl.DataFrame([times.alias("time")]).select(
        TURNS[cycle].cast(pl.Float64).alias(cycle) for cycle in cycles
    )
    angles = 2 * np.pi * turns.to_numpy()
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(times), -1)
