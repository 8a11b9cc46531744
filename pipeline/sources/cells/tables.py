"""What all sources of cells have in common: columns found from the first rows, then typed rows batch by batch."""

from abc import abstractmethod
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.base import REJECTED, Source
from pipeline.sources.cells.columns import find_columns
from pipeline.sources.cells.spellings import Spellings
from pipeline.sources.cells.typed import RowTyper
from pipeline.sources.config_tables import TableColumns, TextCells
from pipeline.sources.places.files import existing
from pipeline.sources.places.listing import Listing, listed, readable
from pipeline.sources.places.meaning import Meaning

HEAD_ROWS = 100_000
HEAD_BYTES = 64 << 20
BATCH_ROWS = 50_000
BATCH_BYTES = 32 << 20


class RawBatch(NamedTuple):
    """Some rows as their owner wrote them."""

    frame: pl.DataFrame
    """The user's columns: text, numbers or times; null where nothing was measured."""

    origin: pl.Series
    said: dict[str, str | None]
    """``group``, ``split``, ``target`` as the file's path says them, where a pattern asks for it."""


class TableSource(Source):
    """Rows of cells. What a column is, is decided from the first 100,000 rows or so, and checked in all others."""

    def __init__(self, config: TableColumns) -> None:
        super().__init__()
        self.config = config
        self.kind = "series" if config.rows == "steps" else "text" if config.text else "samples"
        self.lenient = config.bad_rows == "quarantine"
        self.wanted: Collection[str] | None = None
        """Columns that are needed from now on; None: all. A source may leave the others unread."""

        self._meaning = Meaning(config, folders="ignored")
        for name in ("group", "split", "target"):
            if getattr(config, name) and getattr(config, f"{name}_pattern"):
                raise ConfigError(
                    f"sources.{name}={getattr(config, name)} and sources.{name}_pattern both say the {name}; drop one"
                )

    @abstractmethod
    def raw_batches(self) -> Iterator[RawBatch]:
        """Yield the rows as they lie, in bounded memory; rows that cannot be read go to :meth:`reject`.

        Raises:
            DataError: The data are missing, damaged, or a row cannot be read and may not be set aside.
        """

    def raw(self, most: int | None = None) -> pl.DataFrame:
        """Return the user's columns and ``origin`` in memory: all rows, or about the first ``most``.

        Text is stripped. A column of the user's that is called ``origin`` itself is left out.

        Raises:
            DataError: As :meth:`batches`.
        """
        self._begin()
        parts, rows = [], 0
        for batch in self.raw_batches():
            frame = batch.frame.drop("origin", strict=False)
            parts.append(frame.with_columns(pl.col(pl.String).str.strip_chars(), origin=batch.origin))
            rows += frame.height
            if most is not None and rows >= most:
                break
        if not parts:
            raise DataError(f"{self.place} has a header but no rows")
        frame = _together(parts, self.place)
        return frame if most is None else frame.head(most)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield typed rows as they lie."""
        self._begin()
        reading = self.raw_batches()
        head = _head(reading)
        if not head:
            raise DataError(
                f"{self.place} has a header but no rows" if not self.rejected else self._all_rejected()
            )
        rows = _together([batch.frame for batch in head], self.place)
        columns = find_columns(rows, self.config, self.place)
        self.channels, self.categories = columns.channels, columns.categories
        self.wanted = None if self.lenient else columns.needed(self.config)
        typer = RowTyper(self.config, columns, head=rows)
        del rows
        spellings = Spellings(self.config, columns.categories)
        yield from self._gathered(self._typed(head, reading, typer, spellings))
        self.notes += [*columns.notes, *typer.notes(), *spellings.notes(), *self._meaning.notes()]

    def _typed(
        self, head: list[RawBatch], reading: Iterator[RawBatch], typer: RowTyper, spellings: Spellings
    ) -> Iterator[pl.DataFrame]:
        some = False
        while head:
            batch = head.pop(0)
            spellings.add(batch.frame)
            frame, rejected = typer.read(batch.frame, batch.origin, batch.said)
            if rejected is not None:
                self.rejected.append(rejected)
            some = some or frame.height > 0
            yield frame
            if not head:
                head += [following] if (following := next(reading, None)) else []
        if not some:
            raise DataError(self._all_rejected())

    def _gathered(self, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield frames put together where they are small: thousands of files must not make thousands of batches."""
        waiting: list[pl.DataFrame] = []
        for frame in frames:
            waiting.append(frame)
            rows, size = sum(part.height for part in waiting), sum(part.estimated_size() for part in waiting)
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield pl.concat(waiting)
                waiting = []
        if waiting:
            yield pl.concat(waiting)

    def reject(self, origin: pl.Series, reason: pl.Series, row: pl.Series) -> None:
        """Set rows aside."""
        if len(origin):
            frame = pl.DataFrame({"origin": origin, "reason": reason, "row": row})
            self.rejected.append(frame.cast(REJECTED))  # type: ignore[arg-type]

    def said_by(self, name: str) -> dict[str, str | None]:
        """Return what a file's path says, for each pattern in the settings."""
        asked = {
            "group": self._meaning.group,
            "split": self._meaning.split,
            "target": self._meaning.target,
        }
        return {key: find(name) for key, find in asked.items() if getattr(self.config, f"{key}_pattern")}

    def names_and_texts(self) -> set[str]:
        """Return the columns whose cells are names, classes or texts."""
        config = self.config
        return {name for name in (config.group, config.split, config.target, config.text) if name}

    def not_numbers(self, names: Collection[str]) -> set[str]:
        """Return which of the columns ``names`` hold no numbers of a person: a comma in them is no mark."""
        config = self.config
        words = self.names_and_texts() | set(config.categories)
        numbers = {*(config.channels or set(names) - words), config.time}
        if isinstance(config, TextCells) and config.decimal and config.target:
            numbers.add(config.target)
        return set(names) - numbers

    @property
    def place(self) -> str:
        """What the user calls the data."""
        return f"sources.path={shown(self.config.path)}"

    def _begin(self) -> None:
        self.notes, self.rejected, self.wanted = [], [], None
        self._meaning = Meaning(self.config, folders="ignored")

    def _all_rejected(self) -> str:
        last = next((frame.row(-1, named=True) for frame in reversed(self.rejected) if frame.height), None)
        shown = f"; the last one, {last['origin']}: {last['reason']}" if last else ""
        return f"{self.place}: not one row can be read{shown}"


def table_files(project: Path, path: str, suffixes: tuple[str, ...]) -> Listing:
    """Return the files with rows that ``path`` means: one of any name, or those of a folder or pattern that fit.

    Raises:
        DataError: There is none, or one is a link to nothing.
    """
    if "://" in path:
        path = str(existing(project, path))
    full = project / Path(path).expanduser()
    found = listed(project, path, () if full.is_file() else suffixes)
    if gone := [name for name in found.names if not (found.root / name).exists()]:
        raise DataError(f"{readable(str(found.root / gone[0]))} is a link to nothing; mend or remove it")
    return found


def places_of(name: str, numbers: pl.Series) -> pl.Series:
    """Return where rows come from: ``name:number``."""
    return pl.select(pl.lit(f"{name}:") + numbers.cast(pl.String)).to_series().alias("origin")


def _head(reading: Iterator[RawBatch]) -> list[RawBatch]:
    """Return the first batches: enough rows to see what the columns are."""
    head: list[RawBatch] = []
    rows = size = 0
    for batch in reading:
        head.append(batch)
        rows += batch.frame.height
        size += int(batch.frame.estimated_size())
        if rows >= HEAD_ROWS or size >= HEAD_BYTES:
            break
    return head


def _together(frames: list[pl.DataFrame], place: str) -> pl.DataFrame:
    try:
        return pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"{place} cannot be read as one table, its columns or types differ: {reason}"
        ) from None
