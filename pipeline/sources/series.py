"""From a user's columns to the fixed ones of a series."""

import difflib
from collections.abc import Sequence

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.base import SourceTable, numbered
from pipeline.sources.config_tables import TableColumns
from pipeline.sources.times import parse_times

NUMERIC_SHARE = 0.5
SHOWN = 3


def series_table(raw: pl.DataFrame, columns: TableColumns, time_format: str | None = None) -> SourceTable:
    """Return ``raw`` with group, time, channels and target found, typed and sorted.

    Args:
        raw: The user's columns (text or typed) and ``origin``; nulls where nothing was measured.
        columns: Which column means what.
        time_format: strftime letters of the time column; None: found from the values.

    Raises:
        DataError: There are no rows, a named column is not there, or a channel holds text.
    """
    if raw.is_empty():
        raise DataError(f"sources.path={columns.path} has a header but no rows")
    _require(raw, columns)
    names, notes = _channels(raw, columns)
    frame = raw.select(
        "origin",
        *(_renamed(columns.group, "group", raw)),
        *([parse_times(raw[columns.time], time_format).alias("time")] if columns.time else []),
        *(_number(raw, name) for name in names),
        *(_renamed(columns.target, "target", raw)),
    )
    clash = {"group", "time", "target", "origin", "split", "sample_id"} & set(names)
    if clash:
        raise DataError(
            f"sources.channels: {sorted(clash)} are names this pipeline uses itself; rename those columns"
        )
    frame, moved = _in_order(frame)
    return SourceTable("series", numbered(frame), tuple(names), (*notes, *moved))


def _require(raw: pl.DataFrame, columns: TableColumns) -> None:
    here = [name for name in raw.columns if name != "origin"]
    wanted: dict[str, list[str | None]] = {
        "sources.time": [columns.time],
        "sources.group": [columns.group],
        "sources.target": [columns.target],
        "sources.channels": list(columns.channels),
    }
    for setting, names in wanted.items():
        for name in names:
            if name is not None and name not in here:
                near = difflib.get_close_matches(name, here, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(here[:20])}"
                raise DataError(f"{setting}: {columns.path} has no column {name!r}; {hint}")
            if name is not None and (
                raw.schema[name].is_nested() or raw.schema[name] in (pl.Binary, pl.Object)
            ):
                raise DataError(
                    f"{setting}: the column {name!r} of {columns.path} holds {raw.schema[name]}; a column with one "
                    f"number, text or time per row is wanted"
                )


def _channels(raw: pl.DataFrame, columns: TableColumns) -> tuple[list[str], list[str]]:
    """Return the channels, and a note about columns that are no numbers."""
    if columns.channels:
        return list(columns.channels), []
    taken = {columns.time, columns.group, columns.target, "origin"}
    candidates = [name for name in raw.columns if name not in taken]
    numeric = [name for name in candidates if numeric_share(raw[name]) > NUMERIC_SHARE]
    if not numeric:
        raise DataError(
            f"{columns.path} has no numeric column besides time, group and target; it has: "
            f"{', '.join(candidates[:20]) or 'no others'}; if there should be more, check sources.separator"
        )
    left = [name for name in candidates if name not in numeric]
    notes = [f"columns left out because they are no numbers: {', '.join(left)}"] if left else []
    return numeric, notes


def numeric_share(column: pl.Series) -> float:
    """Return the share of the non-null cells of ``column`` that are numbers; 0 where all are null."""
    known = column.len() - column.null_count()
    if not known or column.dtype.is_temporal() or column.dtype.is_nested():
        return 0.0
    try:
        numbers = column.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError:  # bytes, objects: no numbers
        return 0.0
    return (numbers.len() - numbers.null_count()) / known


def _number(raw: pl.DataFrame, name: str) -> pl.Series:
    """Return the channel as floats.

    Raises:
        DataError: A cell is text; it would otherwise silently count as not measured.
    """
    column = raw[name]
    numbers = column.cast(pl.Float64, strict=False)
    broken = numbers.is_null() & column.is_not_null()
    if broken.any():
        rows = raw.filter(broken)
        shown = [
            f"{cell!r} in {origin}" for cell, origin in rows.select(name, "origin").head(SHOWN).iter_rows()
        ]
        raise DataError(
            f"column {name!r} has {rows.height} cells that are no numbers, such as {', '.join(shown)}; if they mean "
            f'"not measured" add them to sources.nulls, else leave the column out with sources.channels'
        )
    return numbers.alias(name)


def _renamed(column: str | None, name: str, raw: pl.DataFrame) -> list[pl.Series]:
    if column is None:
        return []
    values = raw[column].cast(pl.String)
    return [values.str.strip_chars().alias(name)]


def _in_order(frame: pl.DataFrame) -> tuple[pl.DataFrame, Sequence[str]]:
    keys = [name for name in ("group", "time") if name in frame.columns]
    if not keys:
        return frame, []
    ordered = frame.sort(keys, maintain_order=True, nulls_last=True)
    if "time" in keys and not ordered["origin"].equals(frame["origin"]):
        return ordered, [f"rows were not sorted by {' and '.join(keys)}, and have been put in order"]
    return ordered, []
