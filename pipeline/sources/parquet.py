"""Parquet and Arrow tables: one file, many, or folders such as `year=2024/`; larger than memory, too."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.cells.tables import RawBatch, TableSource, places_of, table_files
from pipeline.sources.config_tables import ParquetConfig

ARROW = (".arrow", ".feather", ".ipc")
SUFFIXES = (".parquet", ".pq", *ARROW)
BATCH_ROWS = 100_000
BATCH_BYTES = 16 << 20
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""Folder for rows without a value, as Hive and Spark spell it."""


class ParquetSource(TableSource):
    """One file, or many with the same columns; a folder called `name=value` is a column."""

    config: ParquetConfig

    def __init__(self, config: ParquetConfig, project: Path) -> None:
        super().__init__(config)
        self.files = table_files(project, config.path, SUFFIXES)
        self._folders = _folder_columns(self.files.names)

    def raw_batches(self) -> Iterator[RawBatch]:
        """Yield the columns as the files have them, a piece of a row group at a time."""
        first: tuple[str, dict[str, str]] | None = None
        for name in self.files.names:
            path, said, row = self.files.root / name, self.said_by(name), 1
            for frame in _frames(path, lambda: self.wanted):
                if row == 1:  # the first frame of a file has its columns, and no rows
                    kinds = {column: _family(kind) for column, kind in frame.schema.items()}
                    first = first or (name, kinds)
                    self._require_same(name, kinds, first)
                if frame.height:
                    numbers = pl.Series(range(row, row + frame.height), dtype=pl.Int64)
                    folders = [pl.lit(value).alias(key) for key, value in self._folders.get(name, {}).items()]
                    whole = frame.with_columns(
                        column for column in folders if column.meta.output_name() not in kinds
                    )
                    yield RawBatch(whole, places_of(name, numbers), said)
                row += frame.height

    def _require_same(self, name: str, kinds: dict[str, str], first: tuple[str, dict[str, str]]) -> None:
        other, wanted = first
        names = sorted(set(kinds) ^ set(wanted))
        types = [
            f"{column!r} holds {kinds[column]}, there {wanted[column]}"
            for column in wanted
            if column in kinds
            and "nothing" not in (kinds[column], wanted[column])
            and kinds[column] != wanted[column]
        ]
        if names or types:
            difference = f"only one has {names}" if names else types[0]
            raise DataError(
                f"the files of sources.path={shown(self.config.path)} cannot be read as one table, their columns or "
                f"types differ: {name} and {other}: {difference}"
            )


def _frames(path: Path, wanted: Callable[[], Collection[str] | None]) -> Iterator[pl.DataFrame]:
    """Yield the columns of a file without rows, then its rows.

    Raises:
        DataError: The file is damaged, or is none.
    """
    reading = _arrow_batches(path) if path.suffix.lower() in ARROW else _parquet_batches(path, wanted)
    try:
        for batch in reading:
            batch.validate(full=True)  # a damaged file may hold text that is none
            frame = pl.from_arrow(batch)
            if isinstance(frame, pl.DataFrame):
                yield frame.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
        reason = (str(error).strip().splitlines() or ["it is damaged"])[0][:200]
        raise DataError(f"{path} is no readable Parquet file: {reason}; write it again") from None


def _parquet_batches(path: Path, wanted: Callable[[], Collection[str] | None]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20, page_checksum_verification=True) as file:
        schema, about = file.schema_arrow, file.metadata
        yield pa.RecordBatch.from_pylist([], schema=schema)
        size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
        rows = int(min(BATCH_ROWS, max(1, BATCH_BYTES * about.num_rows // max(1, size))))
        for group in range(about.num_row_groups):
            names = wanted()
            columns = None if names is None else [name for name in schema.names if name in names]
            yield from file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False)


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as file:
        try:
            reader: Any = pa.ipc.open_file(file)
            batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
        except pa.ArrowInvalid:  # the other of the two layouts: no list of batches at its end
            file.seek(0)
            reader = pa.ipc.open_stream(file)
            batches = iter(reader)
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        for batch in batches:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


def _family(kind: pl.DataType) -> str:
    """Return what a column holds, as far as files may not differ in it."""
    if kind == pl.Null:
        return "nothing"
    if kind.is_numeric():
        return "numbers"
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    return "times" if kind in (pl.Date, pl.Datetime) else str(kind)


def _folder_columns(names: list[str]) -> dict[str, dict[str, str | int | None]]:
    """Return for each file the columns that its folders give: numbers where all values of a column are.

    Raises:
        DataError: The files lie in folders of different columns.
    """
    found = {name: dict(part.split("=", 1) for part in name.split("/")[:-1] if "=" in part) for name in names}
    first = names[0]
    for name, columns in found.items():
        if list(columns) != list(found[first]):
            raise DataError(
                f"{name} lies in folders for the columns {list(columns)}, and {first} in folders for "
                f"{list(found[first])}; files read together need the same"
            )
    typed: dict[str, dict[str, str | int | None]] = {name: {} for name in names}
    for key in found[first]:
        values = [None if columns[key] == NO_VALUE else unquote(columns[key]) for columns in found.values()]
        whole = all(value is None or value.lstrip("-").isdecimal() for value in values)
        for name, value in zip(names, values, strict=True):
            typed[name][key] = int(value) if whole and value is not None else value
    return typed
