"""What the columns of a table look like, and which one means what."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.proposal.choice import Wishes
from pipeline.sources.cells.columns import numeric_share
from pipeline.sources.cells.times import find_format

TIME_NAMES = (
    "time", "date", "datetime", "timestamp", "ds", "ts", "epoch", "day", "month", "week", "year", "when",
    "zeit", "datum",
)  # fmt: skip
FEW_CLASSES = 20
UNIQUE = 0.9
LIKE_AN_INDEX = ("id", "index", "row", "unnamed", "no", "nr")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Column:
    """One column of the user's table."""

    name: str
    numeric: bool
    is_time: bool
    distinct: int
    nulls: int
    in_blocks: bool = False
    """Whether equal values stand together, each for several rows, as entities do in a table sorted by them."""

    @property
    def like_a_clock(self) -> bool:
        """Whether it holds numbers under the name of a time: no measurement, even where it is not *the* time."""
        return self.numeric and any(word in TIME_NAMES for word in words_of(self.name))

    @property
    def categorical(self) -> bool:
        """Whether the values look like classes: words, or a handful of whole numbers."""
        return not self.is_time and (not self.numeric or self.distinct <= FEW_CLASSES)

    @property
    def may_be_an_entity(self) -> bool:
        """Whether each value may stand for a thing of its own, with a series of its own."""
        return not self.is_time and not self.like_a_clock and (self.categorical or self.in_blocks)


def words_of(name: str) -> list[str]:
    """Return the words of a column's name, small: ``userID`` and ``user_id`` are both ``user``, ``id``."""
    return [word.lower() for word in WORD.findall(HUMP.sub(" ", name))]


def looked_at(raw: pl.DataFrame, group: str | None = None) -> dict[str, Column]:
    """Return what is seen in each column of ``raw``; ``origin`` is not the user's.

    Args:
        raw: The user's table.
        group: The column with the entity, if the user named it.
    """
    columns = {name: _column(raw[name]) for name in raw.columns if name != "origin"}
    entities = [group] if group else [column.name for column in columns.values() if column.may_be_an_entity]
    for column in columns.values():
        if column.like_a_clock and not column.is_time and _runs_within_one(raw, column, entities):
            columns[column.name] = replace(column, is_time=True)
    return columns


def _column(values: pl.Series) -> Column:
    numeric = numeric_share(values) > 0.5
    distinct = values.drop_nulls().n_unique()
    seen = Column(values.name, numeric=numeric, is_time=False, distinct=distinct, nulls=values.null_count())
    blocks = 1 < distinct <= len(values) // 3 and len(values.rle()) == distinct
    whole = numeric and blocks and bool((_numbers(values) % 1 == 0).all())
    return replace(seen, is_time=_is_time(values, seen), in_blocks=blocks and (whole or not numeric))


def _is_time(values: pl.Series, seen: Column) -> bool:
    if values.dtype.is_temporal():
        return True
    text = values.drop_nulls()
    if text.is_empty():
        return False
    if seen.numeric:
        numbers = _numbers(text)
        ordered = numbers.is_sorted() or numbers.is_sorted(descending=True)
        return seen.like_a_clock and ordered and seen.distinct > max(1, len(numbers) // 1000)
    try:
        return find_format(text.cast(pl.String).str.strip_chars()) is not None
    except DataError:  # a time, but day and month cannot be told apart: ingest will ask
        return True


def _runs_within_one(raw: pl.DataFrame, column: Column, entities: Sequence[str]) -> bool:
    """Return whether the numbers rise from row to row within each value of one of the columns ``entities``."""
    numbers = _numbers(raw[column.name])
    for name in entities:
        if raw[name].n_unique() > raw.height // 3:  # of one or two rows each: they rise by chance
            continue
        steps = pl.DataFrame({"entity": raw[name], "number": numbers}).select(
            pl.col("number").diff().over("entity")
        )
        known = steps.to_series().drop_nulls()
        if len(known) and bool((known >= 0).all()) and float((known > 0).mean() or 0) >= UNIQUE:  # type: ignore[arg-type]
            return True
    return False


def _numbers(values: pl.Series) -> pl.Series:
    return values.cast(pl.Float64, strict=False)


def listed_columns(columns: Mapping[str, Column]) -> str:
    """Return the first names of the columns, for a sentence."""
    names = list(columns)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


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


def time_column(columns: dict[str, Column], wishes: Wishes, path: str) -> str | None:
    """Return the column with the time of a row: the one asked for, else the first that looks like one.

    Raises:
        DataError: There is none, and the user did not say that the rows are in order.
    """
    if wishes.ordered and wishes.time is not None:
        raise DataError(
            f"--time {wishes.time} and --ordered contradict each other: a time says the order; drop one"
        )
    if wishes.time is not None or wishes.ordered:
        return wishes.time
    times = sorted(
        (column for column in columns.values() if column.is_time), key=lambda column: -column.distinct
    )
    if times:
        return times[0].name
    clocks = [column.name for column in columns.values() if column.like_a_clock]
    if clocks:
        raise DataError(
            f"{clocks[0]!r} has the name of a time, and its numbers rise neither from row to row nor within each value "
            f"of another column; name the time with --time, and with --group what belongs together (or say --ordered: "
            f"the rows are in order, one step apart)"
        )
    raise DataError(
        f"no column of {path} reads as a time; name it with --time, or say --ordered: the rows are in order, one step "
        f"apart. Where each row stands for itself, name what is to be learnt with --target. The columns are: "
        f"{listed_columns(columns)}"
    )


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
        if column.name not in (time, target) and column.distinct > 1 and column.may_be_an_entity
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
    """Return whether numbers only name rows (`id`, `Unnamed: 0`), which says nothing of the world."""
    named = not column.name.strip() or any(word in LIKE_AN_INDEX for word in words_of(column.name))
    return (
        named
        and column.numeric
        and column.distinct == len(values)
        and bool((_numbers(values) % 1 == 0).all())
    )
