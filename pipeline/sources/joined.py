"""Several tables as one: joined by id, or by time as it was known then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.base import FIXED, Source
from pipeline.sources.config import JoinedConfig, JoinPart

ROW, KNOWN, OWN = "row of the batch", "known from", "time of the other"
SINCE = "time of the value of "
"""Names of columns that only live within a join; a user's column with spaces and these words is unlikely."""


@dataclass
class Other:
    """A table in memory, ready to be joined."""

    name: str
    part: JoinPart
    frame: pl.DataFrame
    columns: list[str]
    """What it adds, in the order of the table."""

    by_group: bool
    carried: tuple[str, ...] = ()
    """Columns with empty cells, in which the last known value holds (joined by time)."""

    unmatched: int = 0
    """Rows of the first table for which it says nothing."""

    older: int = 0
    """Cells that were taken from an older row, since the last one was empty there."""


class JoinedSource(Source):
    """The rows of the first table, all of them and as they lie, with columns of the others.

    Joined by time, a row gets the last row of the other table that was known by then: whose time plus `lag_seconds`
    is not later. An indicator of Friday that is published on Monday is so not known on Sunday. Where a cell of that row
    is empty, the last known value of its column holds.
    """

    def __init__(self, config: JoinedConfig, first: Source, others: Sequence[Source]) -> None:
        super().__init__()
        self.config = config
        self.first = first
        self.kind = first.kind
        if self.kind == "text":
            raise ConfigError(
                "sources.first is a table of texts (sources.first.text), to which nothing is joined"
            )
        self._sources = others

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the first table batch by batch; the others are held in memory.

        Raises:
            DataError: A table cannot be read, has no times or groups to be joined by, two rows for one time or group,
                or a column that is there already.
        """
        others = [
            self._other(place, source, part)
            for place, (source, part) in enumerate(zip(self._sources, self.config.others, strict=True))
        ]
        rows = 0
        for batch in self.first.batches():
            rows += batch.height
            frame = batch
            for other in others:
                self._require(frame, other)
                frame = joined(frame, other)
            last = ["target"] if "target" in frame.columns else []
            yield frame.select(pl.exclude("target"), *last)
        self._tell(others, rows)

    def _other(self, place: int, source: Source, part: JoinPart) -> Other:
        name = f"sources.others[{place}] ({shown(part.source.path).rpartition('://')[2]})"
        if part.max_age_seconds is not None and part.max_age_seconds < part.lag_seconds:
            raise ConfigError(
                f"{name}: lag_seconds={part.lag_seconds} is longer than max_age_seconds={part.max_age_seconds}, so "
                f"that every row would be too old when it becomes known"
            )
        table = source.read()
        self.notes += [f"{name}: {note}" for note in table.notes]
        self.rejected += [table.rejected] if table.rejected.height else []
        if table.kind == "text":
            raise ConfigError(f"{name} is a table of texts, which cannot be joined to another")
        columns = [*table.channels, *([] if self.kind == "series" else table.categories)]
        left = sorted(set(table.categories) - set(columns))
        if left:
            self.notes.append(
                f"{name}: categories do not go with a series and were left out: {', '.join(left)}"
            )
        if not columns:
            raise DataError(f"{name} has no column to add")
        renamed = {column: f"{part.prefix}{column}" for column in columns}
        by_group = table.frame["group"].null_count() < table.frame.height
        frame = table.frame.select("group", "time", *(pl.col(old).alias(new) for old, new in renamed.items()))
        keys = _keys(part, by_group)
        known = _keyed(frame, keys, name)
        if known.height < frame.height:
            self.notes.append(
                f"{name}: {frame.height - known.height:,} of {frame.height:,} rows have no {' or no '.join(keys)}, "
                f"by which it is joined, and were left out"
            )
        other = Other(name, part, known, list(renamed.values()), by_group)
        return _carried(other) if part.by == "time" else other

    def _require(self, frame: pl.DataFrame, other: Other) -> None:
        for key in _keys(other.part, other.by_group):
            if key not in frame.columns:
                raise DataError(
                    f"{other.name} is joined by {key}, and sources.first has none; set sources.first.{key}"
                )
        clash = sorted(set(other.columns) & {*frame.columns, *FIXED, "target", "text"})
        if clash:
            raise DataError(
                f"{other.name} has the columns {', '.join(clash)}, which are there already; give its columns a prefix "
                f"(sources.others.prefix)"
            )

    def _tell(self, others: list[Other], rows: int) -> None:
        self.channels, self.categories = self.first.channels, self.first.categories
        for other, source in zip(others, self._sources, strict=True):
            words = {f"{other.part.prefix}{name}" for name in source.categories}
            self.channels += tuple(name for name in other.columns if name not in words)
            self.categories += tuple(name for name in other.columns if name in words)
            if other.unmatched:
                self.notes.append(f"{other.name} says nothing for {other.unmatched:,} of {rows:,} rows")
            if other.older:
                self.notes.append(
                    f"{other.name}: {other.older:,} cells were taken from an older row, since the last is empty there"
                )
        self.notes = [*self.first.notes, *self.notes]
        self.rejected = [*self.first.rejected, *self.rejected]


def joined(frame: pl.DataFrame, other: Other) -> pl.DataFrame:
    """Return ``frame`` with the columns of ``other``, row by row as it lies; null where it says nothing."""
    rows = frame.with_row_index(ROW)
    found = _as_of(rows, other) if other.part.by == "time" else _same_id(rows, other)
    added = rows.select(ROW).join(found, on=ROW, how="left", maintain_order="left").select(other.columns)
    other.unmatched += int(added.select(pl.all_horizontal(pl.all().is_null()).sum()).item())
    return frame.with_columns(added)


def _carried(other: Other) -> Other:
    """Return ``other`` by time, each empty cell filled with the last known value of its column (and group).

    The time of such a value is kept beside it, since its age counts from there.
    """
    holed = tuple(name for name in other.columns if other.frame[name].null_count())
    frame = other.frame.sort("time", maintain_order=True).with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.col("time")).alias(SINCE + name) for name in holed
    )
    last = [pl.col(name).forward_fill() for column in holed for name in (column, SINCE + column)]
    frame = frame.with_columns(each.over("group") if other.by_group else each for each in last)
    return replace(other, frame=frame, carried=holed)


def _as_of(rows: pl.DataFrame, other: Other) -> pl.DataFrame:
    """Return, per row that has one, the last row of ``other`` that was known at its time."""
    keys = ["group"] if other.by_group else []
    part, since = other.part, [SINCE + name for name in other.carried]
    known = other.frame.select(
        *keys,
        (pl.col("time") + timedelta(seconds=part.lag_seconds)).alias(KNOWN),
        pl.col("time").alias(OWN),
        *other.columns,
        *since,
    )
    asked = rows.select(ROW, "time", *keys).drop_nulls().sort("time", maintain_order=True)
    found = asked.join_asof(
        known.sort(KNOWN, maintain_order=True),
        left_on="time",
        right_on=KNOWN,
        by=keys or None,
        strategy="backward",
        check_sortedness=False,
    ).filter(pl.col(OWN).is_not_null())
    if part.max_age_seconds is not None:
        oldest = pl.col("time") - timedelta(seconds=part.max_age_seconds)
        times = {name: SINCE + name if name in other.carried else OWN for name in other.columns}
        found = found.with_columns(pl.when(pl.col(times[name]) >= oldest).then(name) for name in times)
    older = [pl.col(name).is_not_null() & (pl.col(SINCE + name) < pl.col(OWN)) for name in other.carried]
    other.older += sum(int(found.select(each.sum()).item()) for each in older)
    return found.select(ROW, *other.columns)


def _same_id(rows: pl.DataFrame, other: Other) -> pl.DataFrame:
    found = rows.select(ROW, "group").drop_nulls().join(other.frame, on="group", how="inner")
    return found.select(ROW, *other.columns)


def _keys(part: JoinPart, by_group: bool) -> list[str]:
    return ["group"] if part.by == "id" else ["time", *(["group"] if by_group else [])]


def _keyed(frame: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    """Return the rows that have every key.

    Raises:
        DataError: None has, or two rows have the same.
    """
    known = frame.drop_nulls(keys)
    if known.is_empty():
        raise DataError(f"{name} is joined by {keys[0]}, and has none; set its {keys[0]} column")
    twice = known.filter(known.select(keys).is_duplicated())
    if twice.height:
        shown = ", ".join(str(value) for value in twice.select(keys).row(0))
        raise DataError(
            f"{name} has {twice.height:,} rows whose {' and '.join(keys)} another row has too, such as {shown}; "
            f"which of them is meant cannot be known"
        )
    return known
