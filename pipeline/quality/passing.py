"""Which rows of a table the proposed suite lets pass, told without waiting for Great Expectations.

Only what the proposal sets aside counts. Blank images and silent recordings are left out: telling them means decoding
every one.
"""

from typing import Literal, Protocol

import polars as pl

from pipeline.quality.language import saying_letters
from pipeline.quality.propose_media import SHORTEST
from pipeline.quality.propose_prices import price_faults

Kind = Literal["series", "samples", "text", "images", "clips", "sound"]
KEY = ("group", "time")


class Table(Protocol):
    """What a source returns, as far as this looks at it."""

    @property
    def kind(self) -> Kind:
        """What a row is."""

    @property
    def frame(self) -> pl.DataFrame:
        """The rows, as ``docs/formats.md`` describes them."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Columns with measurements."""


def passing(table: Table) -> pl.Series:
    """Return true for each row of ``table`` that the proposed suite lets pass, in the order of the rows."""
    frame = table.frame
    rules = [pl.col(name).is_not_null() for name in ("target",) if name in frame.columns]
    rules += [(pl.col(name).is_finite()).fill_null(True) for name in _numbers(frame, table.channels)]
    rules += _rules_of_kind(table)
    held = frame.select(pl.all_horizontal(pl.repeat(True, pl.len()), *rules).alias("passes")).to_series()
    for entry, broken in price_faults(frame, table.channels) if table.kind == "series" else ():
        if entry.count:
            held = held & ~broken
    return held


def _rules_of_kind(table: Table) -> list[pl.Expr]:
    match table.kind:
        case "series":
            return _one_row_a_time(table.frame)
        case "text":
            words = pl.col("text").map_batches(saying_letters, return_dtype=pl.Int64)
            return [pl.col("text").is_not_null(), (words > 0).fill_null(False)]
        case "sound":
            seconds = pl.col("samples") / pl.col("rate")
            return [pl.col("defect").is_null(), (seconds >= SHORTEST).fill_null(True)]
        case "images" | "clips":
            return [pl.col("defect").is_null()]
        case "samples":
            return []


def _one_row_a_time(frame: pl.DataFrame) -> list[pl.Expr]:
    if frame["time"].null_count() == len(frame):
        return []
    return [pl.col("time").is_not_null(), pl.struct(KEY).is_first_distinct()]


def _numbers(frame: pl.DataFrame, channels: tuple[str, ...]) -> list[str]:
    return [name for name in channels if frame.schema[name].is_float()]
