"""What the columns of a table look like, and which one means what."""

import difflib
from dataclasses import dataclass

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.series import numeric_share
from pipeline.sources.times import find_format

TIME_NAMES = ("time", "date", "datetime", "timestamp", "ds", "day", "month", "week", "year", "when")
FEW_CLASSES = 20
UNIQUE = 0.9
LIKE_AN_INDEX = ("id", "index", "row", "unnamed", "no", "nr")


@dataclass(frozen=True)
class Column:
    """One column of the user's table."""

    name: str
    numeric: bool
    is_time: bool
    distinct: int
    nulls: int

    @property
    def categorical(self) -> bool:
        """Whether the values look like classes: words, or a handful of whole numbers."""
        return not self.is_time and (not self.numeric or self.distinct <= FEW_CLASSES)


def looked_at(raw: pl.DataFrame) -> dict[str, Column]:
    """Return what is seen in each column of ``raw``; ``origin`` is not the user's."""
    return {name: _column(raw[name]) for name in raw.columns if name != "origin"}


def _column(values: pl.Series) -> Column:
    numeric = numeric_share(values) > 0.5
    return Column(
        name=values.name,
        numeric=numeric,
        is_time=_is_time(values, numeric=numeric),
        distinct=values.drop_nulls().n_unique(),
        nulls=values.null_count(),
    )


def _is_time(values: pl.Series, *, numeric: bool) -> bool:
    if values.dtype.is_temporal():
        return True
    named = any(
        word in TIME_NAMES for word in values.name.lower().replace("-", "_").replace(" ", "_").split("_")
    )
    text = values.drop_nulls()
    if text.is_empty():
        return False
    if numeric:
        numbers = text.cast(pl.Float64, strict=False)
        return named and bool(numbers.is_sorted()) and numbers.n_unique() > len(numbers) // 1000
    try:
        return find_format(text.cast(pl.String).str.strip_chars()) is not None
    except DataError:  # a time, but day and month cannot be told apart: ingest will ask
        return True


def require_column(name: str | None, columns: dict[str, Column], option: str) -> None:
    """Check that a column the user named is there.

    Raises:
        DataError: It is not; the message names the nearest.
    """
    if name is None or name in columns:
        return
    near = difflib.get_close_matches(name, list(columns), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(list(columns)[:20])}"
    raise DataError(f"{option} {name}: the data have no such column; {hint}")


def time_column(columns: dict[str, Column], wish: str | None) -> str | None:
    """Return the column with the time of a row: the one asked for, else the first that looks like one."""
    if wish is not None:
        return wish
    times = [column for column in columns.values() if column.is_time]
    times.sort(key=lambda column: -column.distinct)
    return times[0].name if times else None


def group_column(
    raw: pl.DataFrame, columns: dict[str, Column], time: str | None, target: str | None
) -> str | None:
    """Return the column that tells apart rows of one time: the entity a row belongs to.

    None where times hardly repeat. A few rows may still be double afterwards; the gate sets those aside.

    Raises:
        DataError: Most times repeat, and no column says why.
    """
    if time is None or raw[time].n_unique() > UNIQUE * raw.height:
        return None
    candidates = [
        column.name
        for column in columns.values()
        if column.name not in (time, target) and column.distinct > 1 and column.categorical
    ]
    shares = {name: raw.select(name, time).n_unique() / raw.height for name in candidates}
    best = max(shares, key=lambda name: (round(shares[name], 2), -columns[name].distinct), default=None)
    if best is None or shares[best] < UNIQUE:
        raise DataError(
            f"{raw.height:,} rows have only {raw[time].n_unique():,} different times in {time!r}, and no column tells "
            f"the rows of one time apart; name it with --group, or another column with --time"
        )
    return best


def like_an_index(column: Column, values: pl.Series) -> bool:
    """Return whether a numeric column only counts rows (`id`, `Unnamed: 0`), which says nothing of the world."""
    words = column.name.lower().replace(":", " ").replace("_", " ").split()
    named = not words or any(word in LIKE_AN_INDEX for word in words)
    if not (named and column.numeric and column.distinct == len(values)):
        return False
    steps = values.cast(pl.Float64, strict=False).diff().drop_nulls()
    return bool(len(steps)) and steps.n_unique() == 1
