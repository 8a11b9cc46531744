"""A series read piece by piece: keys beside measurements, so that no table is ever whole in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

FIXED = ("sample_id", "group", "time", "split", "origin", "target")
BLOCK_CELLS = 1_600_000
"""Numbers in one piece: 13 MB, and some times that while it is worked on."""


@dataclass(frozen=True)
class SeriesTable:
    """A checked table of a series, and what can be said of it without reading it."""

    path: Path
    channels: tuple[str, ...]
    rows: int
    target: bool
    """Whether there is a column ``target``."""

    timed: bool
    """Whether rows have times; either all have or none."""

    static: tuple[str, ...] = ()
    """Columns that travel with the keys of a row, and are no channels."""

    @classmethod
    def of(cls, path: Path, *, static: tuple[str, ...] = ()) -> Self:
        """Look at the schema of ``path``, whose columns ``static`` are no channels.

        Raises:
            DataError: There is no row or no channel, or some rows have a time and others do not.
        """
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
        channels = tuple(
            field.name
            for field in schema
            if field.name not in (*FIXED, *static) and pa.types.is_float64(field.type)
        )
        if not rows or not channels:
            raise DataError(
                f"{path.name} has {rows:,} rows and {len(channels)} channels; a series needs some of both"
            )
        return cls(path, channels, rows, "target" in schema.names, _all_timed(path, rows), static)

    @property
    def block(self) -> int:
        """Return how many rows are read at a time: fewer, the more channels there are."""
        return max(BLOCK_CELLS // len(self.channels), 256)

    def origin(self, sample_id: int) -> str:
        """Return where a row came from, for a message."""
        row = pl.scan_parquet(self.path).filter(pl.col("sample_id") == sample_id).select("origin").collect()
        return str(row.item()) if row.height and row.item() is not None else f"row {sample_id}"


@dataclass(frozen=True)
class Piece:
    """Some rows that follow one another."""

    keys: pl.DataFrame
    """``sample_id`` (null for an inserted row), ``group``, ``time``, ``target`` if there is one, and what is static."""

    values: Doubles
    """``(row, channel)``; NaN where nothing was measured."""

    infinite: Ints | None = None
    """Cells per channel that hold infinity in the source, and NaN here; None: none."""

    def __len__(self) -> int:
        return self.keys.height

    def part(self, first: int, last: int) -> "Piece":
        """Return rows ``first`` to ``last``, the last one left out."""
        return Piece(self.keys[first:last], self.values[first:last])

    @property
    def times(self) -> Ints:
        """Return microseconds since 1970, shape ``(row,)``."""
        return self.keys["time"].cast(pl.Int64).to_numpy()


def read_pieces(table: SeriesTable, size: int, *, channels: bool = True) -> Iterator[Piece]:
    """Yield the rows of a table in order, ``size`` at a time; infinite cells count as not measured.

    Args:
        table: What is read.
        size: Rows of a piece.
        channels: False: keys only.
    """
    keys = ["sample_id", "group", "time", *(["target"] if table.target else []), *table.static]
    names = table.channels if channels else ()
    with pq.ParquetFile(table.path, pre_buffer=False) as file:
        for batch in file.iter_batches(size, columns=[*keys, *names]):
            read = pa.Table.from_batches([batch])
            frame = pl.DataFrame(read.select(keys)).with_columns(pl.col("time").cast(pl.Datetime("us")))
            values = _numbers(batch, names)
            infinite = np.isinf(values)
            values[infinite] = np.nan
            yield Piece(frame, values, infinite.sum(axis=0) if infinite.any() else None)


def _all_timed(path: Path, rows: int) -> bool:
    scan = pl.scan_parquet(path)
    missing = int(scan.select(pl.col("time").is_null().sum()).collect().item())
    if 0 < missing < rows:
        origin = scan.filter(pl.col("time").is_null()).select("origin").head(1).collect().item()
        raise DataError(
            f"{missing:,} rows have no time, such as {origin}, and no place in the series; mend them, or let validate "
            f"set them aside with a rule in the quality suite"
        )
    return missing == 0


def _numbers(batch: pa.RecordBatch, names: Sequence[str]) -> Doubles:
    values = np.empty((batch.num_rows, len(names)), order="F")
    for place, name in enumerate(names):
        values[:, place] = batch.column(name).to_numpy(zero_copy_only=False)
    return values


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    values = np.concatenate([piece.values for piece in pieces])
    return Piece(pl.concat([piece.keys for piece in pieces]), np.asfortranarray(values))


def run_starts(piece: Piece, before: Piece | None) -> NDArray[np.bool_]:
    """Return for each row whether its group begins with it.

    Args:
        piece: Rows.
        before: The row before them, or None.
    """
    group = piece.keys["group"]
    starts = group.ne_missing(group.shift(1)).to_numpy().copy()
    starts[0] = before is None or before.keys["group"][0] != group[0]
    return starts


def first_where(mask: NDArray[np.bool_]) -> Ints:
    """Return the latest row up to each row at which ``mask`` is true; -1 where there is none yet."""
    return np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))
