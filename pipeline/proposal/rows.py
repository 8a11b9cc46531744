"""What the rows of a table are: steps of a series, samples for themselves, or texts."""

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Wishes
from pipeline.proposal.columns import Column, like_an_index, looked_at, require_column, time_column
from pipeline.sources.build import build_source
from pipeline.sources.cells.columns import FEW_WORDS
from pipeline.sources.config import PlainTable

LOOKED_AT = 20_000
LETTERS = 20.0
"""Mean letters of a cell from which on a column may be a text …"""

SPACES = 0.7
"""… if so many cells hold more than one word …"""

DIFFERENT = 0.5
"""… and so many are different."""


def raw_rows(source: PlainTable, most: int | None = None) -> pl.DataFrame:
    """Return the user's columns as they are, and ``origin``; about the first ``most`` rows."""
    built: Any = build_source(source, Path.cwd())
    rows: pl.DataFrame = built.raw(most)
    return rows


def meaning_of_rows(source: PlainTable, wishes: Wishes) -> PlainTable:
    """Return the source with ``rows``, ``text`` and ``target`` set, where the rows are no series.

    A table with a target and a column of sentences is read as texts; a table with a target and no time holds samples.

    Raises:
        DataError: A named column is not there.
    """
    if wishes.said("sources", "rows") == "steps":
        return source
    raw = raw_rows(source, LOOKED_AT)
    named = {
        "target": wishes.target or source.target,
        "text": wishes.text or source.text,
        "group": wishes.group or source.group,
    }
    columns = looked_at(raw)
    for option, name in named.items():
        require_column(name, columns, f"--{option}")
    target = named["target"]
    if target is None:
        if named["text"]:
            raise DataError("--text needs --target, the column with what is to be learnt from the text")
        return source
    text = named["text"] or _text_column(raw, target)
    meaning = {
        "rows": "samples",
        "target": target,
        "group": named["group"],
        "time": wishes.time or source.time,
    }
    if text is not None:
        return source.model_copy(update={**meaning, "text": text})
    if wishes.said("sources", "rows") == "samples" or not _is_series(columns, wishes, source.path):
        return source.model_copy(update={**meaning, **_measured(raw, columns, source, meaning)})
    return source


def _measured(
    raw: pl.DataFrame, columns: dict[str, Column], source: PlainTable, meaning: dict[str, str | None]
) -> dict[str, tuple[str, ...]]:
    """Return channels and categories by name where numbers only name rows; nothing where all columns are of use."""
    if source.channels or source.categories:
        return {}
    free = [column for name, column in columns.items() if name not in meaning.values() and not column.is_time]
    numeric = [column.name for column in free if column.numeric]
    kept = [name for name in numeric if not like_an_index(columns[name], raw[name])]
    if not kept or len(kept) == len(numeric):
        return {}
    words = [column.name for column in free if not column.numeric and 0 < column.distinct <= FEW_WORDS]
    words = [name for name in words if 2 * columns[name].distinct <= raw.height - columns[name].nulls]
    return {"channels": tuple(kept), "categories": tuple(words)}


def _is_series(columns: Any, wishes: Wishes, path: str) -> bool:
    if wishes.time or wishes.ordered or wishes.window or wishes.horizon:
        return True
    try:
        return time_column(columns, wishes, path) is not None
    except DataError:
        return False


def _text_column(raw: pl.DataFrame, target: str) -> str | None:
    """Return the column with the longest texts, if there are sentences in it."""
    best: tuple[float, str] | None = None
    for name in raw.columns:
        if name in (target, "origin") or raw.schema[name] != pl.String:
            continue
        cells = raw[name].drop_nulls().str.strip_chars()
        if not len(cells):
            continue
        letters = float(cells.str.len_chars().mean() or 0)  # type: ignore[arg-type]
        spaces = float(cells.str.contains(r"\w\s+\S").mean() or 0)  # type: ignore[arg-type]
        if letters >= LETTERS and spaces >= SPACES and cells.n_unique() >= DIFFERENT * len(cells):
            best = max(best or (0.0, ""), (letters, name))
    return best[1] if best else None
