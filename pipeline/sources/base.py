"""What every source promises: one table with fixed columns, and what it noticed while reading."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

FIXED: dict[str, pl.DataType | type[pl.DataType]] = {
    "sample_id": pl.Int64,
    "group": pl.String,
    "time": pl.Datetime("us"),
    "split": pl.String,
    "origin": pl.String,
}
IMAGE: dict[str, pl.DataType | type[pl.DataType]] = {
    "height": pl.Int32,
    "width": pl.Int32,
    "bands": pl.Int32,
    "encoding": pl.String,
    "image": pl.Binary,
    "defect": pl.String,
    "target": pl.String,
}


@dataclass(frozen=True)
class SourceTable:
    """Rows as every later stage expects them (``docs/formats.md``)."""

    kind: Literal["series", "images"]
    frame: pl.DataFrame
    channels: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Sentences for the user: columns left out, files passed over, rows put in order."""


class Source(ABC):
    """A place rows come from."""

    @abstractmethod
    def read(self) -> SourceTable:
        """Return all rows: series sorted by ``group`` and ``time``, images by ``origin``.

        Raises:
            DataError: The data are missing, empty, or not what the settings say they are.
        """


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the fixed columns first, ``sample_id`` counting its rows, absent ones null."""
    with_ids = frame.drop("sample_id", strict=False).with_row_index("sample_id")
    missing = [pl.lit(None).alias(name) for name in FIXED if name not in with_ids.columns]
    rest = [name for name in frame.columns if name not in FIXED]
    return with_ids.with_columns(missing).select(
        *(pl.col(name).cast(kind) for name, kind in FIXED.items()), *rest
    )
