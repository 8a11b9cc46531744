"""The one way to write a Parquet file.

Polars and PyArrow choose row groups by how the frame happens to be chunked in memory, so equal
tables can give different bytes, and DVC would then run everything downstream again. Here the
frame is put into one chunk and written with fixed row groups.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 100_000
GROUP_BYTES = 64 << 20
"""Rows of a group are fewer where they are large: about so much, or the one row that is larger."""

ENCODED = {
    "sample_id": (pl.Int64, "DELTA_BINARY_PACKED"),
    "time": (pl.Datetime("us"), "DELTA_BINARY_PACKED"),
    "origin": (pl.String, "DELTA_BYTE_ARRAY"),
}
"""Columns of which a value is much like the one before."""


def write_table(frame: pl.DataFrame, path: Path, *, sort_by: list[str] | None = None) -> None:
    """Write ``frame`` to ``path`` so that equal rows in equal order give equal bytes.

    Args:
        frame: The table.
        path: Where it goes; its folder is made.
        sort_by: Columns that together are unique, to sort by first; None keeps the order.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = frame.sort(sort_by) if sort_by else frame
    ordered.rechunk().write_parquet(
        path, compression="zstd", compression_level=3, row_group_size=ROW_GROUP, statistics=True
    )


class TableWriter:
    """A Parquet file that grows: equal rows in equal order give equal bytes, whatever the pieces they come in."""

    def __init__(
        self, path: Path, *, rows: int = ROW_GROUP, seen: Callable[[pl.DataFrame], None] | None = None
    ) -> None:
        """Begin a file; it is made with the first rows.

        Args:
            path: Where it goes; its folder is made.
            rows: Rows of a row group; fewer where a row is large (:data:`GROUP_BYTES`).
            seen: Called with each row group as it is written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        """Rows written so far."""

        self._most = rows
        self.seen = seen
        """Called with each row group; None: nobody looks."""

        self.metadata: dict[str, str] = {}
        """What the file says of itself beside its rows; may be filled until it is closed."""

        self._writer: pq.ParquetWriter | None = None
        self._pool = ThreadPoolExecutor(1)
        self._under_way: Future[None] | None = None
        """The row group that is being packed while the next one is read."""

        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Append rows; all frames have one schema."""
        if self._writer is None:
            self._begin(frame)
        while frame.height:
            taken, size = self._room(frame)
            self._waiting.append(frame[:taken])
            self._waiting_rows += taken
            self._waiting_bytes += size
            if taken < frame.height or self._waiting_rows == self._most or self._waiting_bytes >= GROUP_BYTES:
                self._write()
            frame = frame[taken:]

    def close(self) -> None:
        """Write what is left."""
        try:
            if self._waiting:
                self._write()
            if self._under_way is not None:
                self._under_way.result()
            if self._writer is not None and self.metadata:
                self._writer.add_key_value_metadata(self.metadata)
        finally:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._end()

    def _end(self) -> None:
        self._pool.shutdown()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _begin(self, frame: pl.DataFrame) -> None:
        schema = _arrow(frame[:0]).schema
        encoded = {
            name: how
            for name, (kind, how) in ENCODED.items()
            if name in frame.columns and frame.schema[name] == kind
        }
        self._writer = pq.ParquetWriter(
            self.path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[
                name for name, kind in frame.schema.items() if kind == pl.String and name not in encoded
            ],
            column_encoding=encoded,
        )
        fixed = sum(_fixed_size(kind) for kind in frame.schema.values())
        self._most = max(1, min(self._most, GROUP_BYTES // max(1, fixed)))

    def _room(self, frame: pl.DataFrame) -> tuple[int, int]:
        """Return how many rows of ``frame`` still belong to the row group, and their bytes."""
        most = min(frame.height, self._most - self._waiting_rows)
        sizes = _payload(frame[:most])
        if sizes is None:
            return most, 0
        total = sizes.cum_sum() + self._waiting_bytes
        within = int((total < GROUP_BYTES).sum())
        taken = min(most, within + 1)
        return taken, int(sizes[:taken].sum())

    def _write(self) -> None:
        group = pl.concat(self._waiting).rechunk()
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
        if self._under_way is not None:
            self._under_way.result()
        if self._writer is not None:
            self._under_way = self._pool.submit(
                self._writer.write_table, _arrow(group), row_group_size=self._most
            )
        self.rows += group.height
        if self.seen is not None:
            self.seen(group)


def _payload(frame: pl.DataFrame) -> pl.Series | None:
    """Return the bytes of each row in columns of bytes and texts; None where there are none."""
    sizes = [
        pl.col(name).bin.size() if kind == pl.Binary else pl.col(name).str.len_bytes()
        for name, kind in frame.schema.items()
        if kind == pl.Binary or name == "text"
    ]
    return frame.select(pl.sum_horizontal(sizes).cast(pl.Int64)).to_series() if sizes else None


def _fixed_size(kind: pl.DataType) -> int:
    return 16 if kind in (pl.String, pl.Binary) else 8


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def read_groups(path: Path, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """Yield the row groups of a Parquet file in their order."""
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        for group in range(file.num_row_groups):
            frame = pl.from_arrow(file.read_row_group(group, columns=columns, use_threads=False))
            if isinstance(frame, pl.DataFrame):
                yield frame
