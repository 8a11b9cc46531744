"""Static columns: what is known of a sample as a whole, beside its steps.

Numbers are scaled and words become 0/1 columns, both as the training samples say; the network joins them just before
the head.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import write_json
from pipeline.preprocessing.config_base import PreprocessingBase
from pipeline.preprocessing.scale import Scaler
from pipeline.preprocessing.table.columns import ColumnFit, Columns

FILE = "static.json"
FIXED = ("sample_id", "group", "time", "split", "origin", "target", "text", "clip", "step")
MOST_CATEGORIES = 50
"""Words of a column that get a place of their own, the most frequent in training; others share one."""

Floats = NDArray[np.float32]

NO_COLUMNS = Columns((), Scaler(np.zeros(0), np.ones(0)), np.zeros(0), (), ())


@dataclass(frozen=True)
class StaticNames:
    """The columns of a table that the settings call static."""

    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Path, config: PreprocessingBase) -> Self:
        """Return them by their types.

        Raises:
            ConfigError: The table lacks one.
        """
        if not config.static:
            return cls()
        schema = {name: kind for name, kind in pl.read_parquet_schema(table).items() if name not in FIXED}
        usable = [name for name, kind in schema.items() if kind == pl.String or kind.is_numeric()]
        lacking = [name for name in config.static if name not in usable]
        if lacking:
            raise ConfigError(
                f"preprocessing.static: the table has no column {lacking[0]!r}; there are: "
                f"{', '.join(usable[:20]) or 'none'}. Of texts, images and the like it has those that sources.channels "
                f"and sources.categories (or label_channels and label_categories) name"
            )
        words = tuple(name for name in config.static if schema[name] == pl.String)
        return cls(tuple(name for name in config.static if name not in words), words)

    @property
    def all(self) -> tuple[str, ...]:
        """Numbers, then words."""
        return (*self.numbers, *self.words)


class StaticFit:
    """What training samples say of the static columns, gathered piece by piece."""

    def __init__(self, names: StaticNames, config: PreprocessingBase) -> None:
        self.names = names
        self.missing = config.static_missing
        self._fit = ColumnFit(names.numbers, names.words)
        self._holes = dict.fromkeys(names.all, 0)

    def add(self, frame: pl.DataFrame, train: NDArray[np.bool_]) -> None:
        """Take in samples.

        Args:
            frame: The static columns, a row per sample.
            train: Which of the samples train.

        Raises:
            DataError: A cell is infinite.
        """
        if not self.names.all:
            return
        for name in self.names.all:
            self._holes[name] += frame[name].null_count()
        endless = [name for name in self.names.numbers if frame[name].is_infinite().any()]
        if endless:
            raise DataError(
                f"the static column {endless[0]} holds infinity; let validate set such rows aside with a rule in the "
                f"quality suite"
            )
        self._fit.add(frame.filter(pl.Series(train)))

    def columns(self) -> Columns:
        """Return what was fitted; nothing can be added afterwards.

        Raises:
            DataError: Cells are empty and may not be, or a column has no value in training.
        """
        holed = {name: count for name, count in self._holes.items() if count}
        if holed and self.missing == "refuse":
            told = ", ".join(f"{name} {count:,}" for name, count in list(holed.items())[:8])
            raise DataError(
                f"{len(holed)} static columns are empty for some samples ({told}), and "
                f"preprocessing.static_missing=refuse; set it to `mask` or `mean`, or mend the source"
            )
        return self._fit.columns(scale="standard", missing=self.missing, most_categories=MOST_CATEGORIES)


@dataclass(frozen=True)
class Static:
    """The static columns of all samples, as numbers."""

    names: tuple[str, ...]
    values: Floats | None
    """Shape ``(sample, static)``; None where there are none."""

    fitted: dict[str, Any] | None = None

    def save(self, folder: Path) -> None:
        """Write what was fitted, where anything was."""
        if self.fitted is not None:
            write_json(self.fitted, folder / FILE)


NONE = Static((), None)


def read_static(
    table: Path, config: PreprocessingBase, ids: pl.Series, *, train: NDArray[np.bool_]
) -> Static:
    """Return the static columns of samples that have a row of their own in the table.

    Args:
        table: Rows as validate let them pass.
        config: Which columns are static, and what an empty cell means.
        ids: ``sample_id`` of the row of each sample.
        train: Which of them train.

    Raises:
        ConfigError: The table lacks a column.
        DataError: Cells are empty and may not be, or a column has no value in training.
    """
    names = StaticNames.of(table, config)
    if not names.all:
        return NONE
    rows = pl.read_parquet(table, columns=["sample_id", *names.all])
    frame = ids.to_frame("sample_id").join(rows, on="sample_id", how="left", maintain_order="left")
    fit = StaticFit(names, config)
    fit.add(frame, train)
    columns = fit.columns()
    return Static(columns.names, columns.encode(frame), columns.as_json())


def refuse_changing(table: Path, names: Iterable[str]) -> None:
    """Check that each static column has one value in each group, where a group is a sample.

    Raises:
        DataError: One changes inside a group.
    """
    for name in names:
        column = pl.col(name)
        found = pl.scan_parquet(table).group_by("group").agg(low=column.min(), high=column.max())
        changing = found.filter(pl.col("low") != pl.col("high")).sort("group").collect(engine="streaming")
        if changing.height:
            group, low, high = changing.row(0)
            raise DataError(
                f"the static column {name} changes inside {changing.height:,} groups, such as {group!r}, which has "
                f"{low!r} and {high!r}; take it out of preprocessing.static, where it is a channel, or mend the source"
            )
