"""From cells to the fixed columns, the channels and the categories; what does not fit is an error or set aside."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.columns import Columns
from pipeline.sources.cells.times import TimeReader
from pipeline.sources.config_tables import TableColumns, TextCells
from pipeline.sources.places.meaning import SPLITS

SHOWN = 3


class Fault(NamedTuple):
    """Cells of one column that are not what they should be."""

    column: str
    cells: pl.Series
    broken: pl.Series
    """Which of them, as booleans."""

    wanted: str
    """What they are not: "no number"."""

    advice: str
    """What the user may do."""


class RowTyper:
    """Types the rows of one table, batch by batch."""

    def __init__(self, config: TableColumns, columns: Columns, *, head: pl.DataFrame) -> None:
        """Learn from the first rows how times are written.

        Args:
            config: Which column means what.
            columns: The channels and categories.
            head: The first rows, as their owner wrote them.

        Raises:
            DataError: The times have no known format.
        """
        self.config = config
        self.columns = columns
        self.lenient = config.bad_rows == "quarantine"
        said = config.time_format if isinstance(config, TextCells) else None
        self._times = TimeReader(said, lenient=self.lenient)
        if config.time is not None:
            self._times.learn(head[config.time])
        self._seen = set(head.columns)
        self._later: set[str] = set()

    def read(
        self, raw: pl.DataFrame, origin: pl.Series, said: Mapping[str, str | None]
    ) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        """Return the rows that fit, and those set aside with ``origin``, ``reason`` and ``row``.

        Args:
            raw: The user's columns.
            origin: Where each row comes from.
            said: ``group``, ``split``, ``target`` for all these rows, from the file's path.

        Raises:
            DataError: A cell does not fit, and may not be set aside; or a column left out as empty is not.
        """
        self._later |= set(raw.columns) - self._seen
        self._require_still_empty(raw)
        faults: list[Fault] = []
        series = {"origin": origin, **self._fixed(raw, origin, said, faults)}
        for name in self.columns.channels:
            series[name] = _number(_column(raw, name), faults)
        for name in self.columns.categories:
            series[name] = _word(_column(raw, name), name)
        target = _given(raw, self.config.target, "target", said)
        frame = pl.DataFrame([values.alias(name) for name, values in {**series, **target}.items()])
        return self._divided(frame, raw, [fault for fault in faults if fault.broken.any()])

    def notes(self) -> list[str]:
        """Return what was seen only after the first rows."""
        if not self._later:
            return []
        return [f"columns left out because the first rows do not have them: {', '.join(sorted(self._later))}"]

    def _fixed(
        self, raw: pl.DataFrame, origin: pl.Series, said: Mapping[str, str | None], faults: list[Fault]
    ) -> dict[str, pl.Series]:
        config = self.config
        fixed = _given(raw, config.group, "group", said)
        if config.time is not None:
            cells = _column(raw, config.time)
            times, broken = self._times.read(cells, origin)
            faults.append(Fault(config.time, cells, broken, "no time in the format of the others", ""))
            fixed["time"] = times
        fixed |= _given(raw, config.split, "split", said)
        if config.split is not None:
            fixed["split"] = _split(fixed["split"].alias(config.split), faults)
        if config.text is not None:
            text = _column(raw, config.text).cast(pl.String)
            fixed["text"] = pl.select(pl.when(text != "").then(text)).to_series()
        return fixed

    def _divided(
        self, frame: pl.DataFrame, raw: pl.DataFrame, faults: list[Fault]
    ) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        if not faults:
            return frame, None
        if not self.lenient:
            raise DataError(_sentence(faults[0], frame["origin"]))
        reasons = [pl.when(fault.broken).then(_reason(fault)) for fault in faults]
        broken = faults[0].broken
        for fault in faults[1:]:
            broken = broken | fault.broken
        kept = [name for name, kind in raw.schema.items() if kind not in (pl.Binary, pl.Object)]
        rejected = pl.select(
            origin=frame["origin"],
            reason=pl.concat_str(reasons, separator="; ", ignore_nulls=True),
            row=raw.select(pl.struct(kept).struct.json_encode()).to_series(),
        ).filter(broken)
        return frame.filter(~broken), rejected

    def _require_still_empty(self, raw: pl.DataFrame) -> None:
        for name in self.columns.empty:
            if name in raw.columns and raw[name].null_count() < raw.height:
                raise DataError(
                    f"the column {name!r} is empty in the first rows and holds {raw[name].drop_nulls()[0]!r} "
                    f"later; name the columns to use with sources.channels"
                )


def _column(raw: pl.DataFrame, name: str) -> pl.Series:
    """Return a column; null cells where these rows do not have it."""
    return raw[name] if name in raw.columns else pl.Series(name, [None] * raw.height, pl.String)


def _given(
    raw: pl.DataFrame, column: str | None, name: str, said: Mapping[str, str | None]
) -> dict[str, pl.Series]:
    """Return the column called ``name``: from the user's, or from what the path says; none where neither is."""
    if column is not None:
        return {name: _word(_column(raw, column), name)}
    if name in said:
        return {name: pl.Series(name, [said[name]], pl.String).new_from_index(0, raw.height)}
    return {}


def _word(column: pl.Series, name: str) -> pl.Series:
    word = column.cast(pl.String).str.strip_chars()
    return pl.select(pl.when(word != "").then(word)).to_series().alias(name)


def _number(column: pl.Series, faults: list[Fault]) -> pl.Series:
    """Return the channel as floats; text would otherwise silently count as not measured."""
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() != column.null_count():
        advice = 'if they mean "not measured" add them to sources.nulls, or leave the column out with sources.channels'
        broken = numbers.is_null() & column.is_not_null()
        faults.append(Fault(column.name, column, broken, "no number", advice))
    return numbers.fill_nan(None)


def _split(column: pl.Series, faults: list[Fault]) -> pl.Series:
    splits = column.str.to_lowercase().replace_strict(SPLITS, default=None, return_dtype=pl.String)
    broken = splits.is_null() & column.is_not_null()
    faults.append(Fault(column.name, column, broken, "no split", f"wanted: {', '.join(SPLITS)}"))
    return splits


def _reason(fault: Fault) -> pl.Series:
    cells = fault.cells.cast(pl.String)
    return pl.select(pl.lit(f"{fault.column}: '") + cells + pl.lit(f"' is {fault.wanted}")).to_series()


def _sentence(fault: Fault, origin: pl.Series) -> str:
    cells, places = fault.cells.filter(fault.broken), origin.filter(fault.broken)
    shown = [
        f"{cell!r} in {place}" for cell, place in zip(cells.head(SHOWN), places.head(SHOWN), strict=True)
    ]
    kind = {"no number": "no numbers", "no split": "no splits"}.get(fault.wanted, fault.wanted)
    return f"column {fault.column!r} has {len(cells)} cells that are {kind}, such as {', '.join(shown)}; {fault.advice}"
