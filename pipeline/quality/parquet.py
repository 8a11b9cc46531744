"""Parquet in batches, so that a table larger than memory can be judged and divided.

Great Expectations takes pandas, and pandas wants a whole table; hence this room is handed pieces.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.foundation.errors import DataError
from pipeline.foundation.table import ROW_GROUP

BATCH_ROWS = 250_000
BATCH_CELLS = 4_000_000
BATCH_BYTES = 64 << 20
GROUP_BYTES = 128 << 20

_NAMES = {
    "int32": "Int32", "int64": "Int64", "float": "Float32", "double": "Float64", "bool": "Boolean",
    "string": "String", "large_string": "String", "string_view": "String",
    "binary": "Binary", "large_binary": "Binary", "binary_view": "Binary", "date32[day]": "Date",
}  # fmt: skip


@dataclass(frozen=True)
class Footer:
    """What a Parquet file says about itself; reading it reads no data."""

    types: dict[str, str]
    """Type of each column, in the order of the table."""

    rows: int
    sizes: dict[str, int]
    """Uncompressed bytes of each column."""


def read_footer(path: Path) -> Footer:
    """Return columns, types and number of rows of ``path``.

    Raises:
        DataError: It is no Parquet file, or a damaged one.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0][:120]
        raise DataError(
            f"{path} is no readable Parquet file ({said}); run `convoy run` to make it again"
        ) from None
    sizes = dict.fromkeys(schema.names, 0)
    for group in range(metadata.num_row_groups):
        for position in range(metadata.num_columns):
            column = metadata.row_group(group).column(position)
            name = column.path_in_schema.split(".")[0]
            sizes[name] = sizes.get(name, 0) + column.total_uncompressed_size
    return Footer({field.name: _type_name(field.type) for field in schema}, metadata.num_rows, sizes)


def read_batches(path: Path, columns: Sequence[str], *, rows: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield the rows of ``path`` in order, in pieces that fit into memory whatever the row groups.

    One thread and a small buffer: with them PyArrow decodes as it goes, and a row group of 800 MB
    costs 190 MB; without, three times its size.

    Args:
        path: The table.
        columns: Which columns to read.
        rows: Rows per piece; None: chosen from the number of columns and their size.
    """
    size = rows or batch_rows(read_footer(path), columns)
    with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=size, columns=list(columns), use_threads=False):
            if batch.num_rows:
                frame = pl.from_arrow(batch)
                yield frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def batch_rows(footer: Footer, columns: Sequence[str]) -> int:
    """Return how many rows of ``columns`` make a piece of bounded size."""
    width = sum(footer.sizes.get(name, 0) for name in columns) / max(footer.rows, 1)
    by_size = BATCH_BYTES / max(width, 1.0)
    return max(1, int(min(BATCH_ROWS, BATCH_CELLS / max(len(columns), 1), by_size)))


def divide_rows(table: Path, reasons: pl.DataFrame, *, kept: Path | None, set_aside: Path) -> None:
    """Write the rows of ``table`` named in ``reasons`` to ``set_aside``, the others to ``kept``.

    Both keep the order and the columns of ``table``; ``set_aside`` has one more, ``reason``
    (``quarantine_reason`` where the table has a ``reason`` of its own).

    Args:
        table: A table with a unique column ``sample_id``.
        reasons: Columns ``sample_id`` and ``reason``, each id once.
        kept: Where the other rows go, byte by byte the same file if there are no reasons; None:
            nowhere.
        set_aside: Where the named rows go.
    """
    footer = read_footer(table)
    schema = pq.read_schema(table).remove_metadata()
    name = "quarantine_reason" if "reason" in schema.names else "reason"
    rows = _group_rows(footer)
    rest = None if kept is None or reasons.is_empty() else _RowGroups(kept, schema, rows)
    aside = _RowGroups(set_aside, schema.append(pa.field(name, pa.large_string())), rows)
    if kept is not None and rest is None:
        shutil.copyfile(table, kept)
    with aside, rest or nullcontext():
        ordered = reasons.sort("sample_id")
        for batch in read_batches(table, schema.names) if len(reasons) else ():
            here = _between(ordered, batch["sample_id"].min(), batch["sample_id"].max())
            why = batch.select("sample_id").join(here, on="sample_id", how="left", maintain_order="left")
            aside.add(batch.with_columns(why["reason"].alias(name)).filter(why["reason"].is_not_null()))
            if rest is not None:
                rest.add(batch.filter(why["reason"].is_null()))


def _between(reasons: pl.DataFrame, first: object, last: object) -> pl.DataFrame:
    """Return the reasons of the rows ``first`` to ``last``, so that a batch is not joined with all of them."""
    ids = reasons["sample_id"].to_numpy()
    start, end = np.searchsorted(ids, [int(str(first)), int(str(last)) + 1])
    return reasons[int(start) : int(end)].cast({"reason": pl.String})


def _group_rows(footer: Footer) -> int:
    """Return the rows of one row group: as everywhere, or fewer where rows are large."""
    width = sum(footer.sizes.values()) / max(footer.rows, 1)
    return max(1, int(min(ROW_GROUP, GROUP_BYTES / max(width, 1.0))))


class _RowGroups:
    """A Parquet file whose row groups have a fixed number of rows, however the rows arrive."""

    def __init__(self, path: Path, schema: pa.Schema, rows: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = schema
        self._rows = rows
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=3, write_batch_size=min(rows, 1024)
        )
        self._waiting: list[pl.DataFrame] = []

    def __enter__(self) -> "_RowGroups":
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._waiting and error is None:
            self._write(pl.concat(self._waiting))
        self._writer.close()

    def add(self, frame: pl.DataFrame) -> None:
        """Append ``frame``; whole row groups are written at once."""
        if frame.is_empty():
            return
        self._waiting.append(frame)
        if sum(map(len, self._waiting)) < self._rows:
            return
        together = pl.concat(self._waiting)
        whole = len(together) // self._rows * self._rows
        for start in range(0, whole, self._rows):
            self._write(together.slice(start, self._rows))
        self._waiting = [together.slice(whole)] if whole < len(together) else []

    def _write(self, frame: pl.DataFrame) -> None:
        self._writer.write_table(frame.to_arrow().cast(self._schema), row_group_size=self._rows)


def _type_name(kind: pa.DataType) -> str:
    return "Datetime" if pa.types.is_timestamp(kind) else _NAMES.get(str(kind), str(kind))
