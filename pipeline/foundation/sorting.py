"""Sort a Parquet file that is larger than memory.

Sorted runs are written beside it, each in small pieces whose first keys are remembered. Those keys cut the whole
table into ranges; each range is read from all runs, sorted, and handed on.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.foundation.table import read_groups

RUN_BYTES = 48 << 20
PIECE_BYTES = 256 << 10
PIECE_ROWS = 4096
"""At most so much of a run is read in vain at either end of a range."""

RANGE_BYTES = 32 << 20

Key = tuple[tuple[bool, Any], ...]


def is_sorted(frame: pl.DataFrame, keys: list[str]) -> bool:
    """Return whether rows stand in the order of ``keys``, those without a value last."""
    later = pl.lit(False)
    for name in reversed(keys):
        here, before = pl.col(name), pl.col(name).shift(1)
        down = (before.is_null() & here.is_not_null()) | (before > here).fill_null(False)
        later = down | (here.eq_missing(before) & later)
    return frame.height < 2 or not frame.select(later.slice(1).any()).item()


def key_of(frame: pl.DataFrame, row: int, keys: list[str]) -> Key:
    """Return what a row is sorted by; no value comes last."""
    values = (frame[name][row] for name in keys)
    return tuple((value is None, 0 if value is None else value) for value in values)


class Run:
    """One sorted part of the table, as a file."""

    def __init__(self, frame: pl.DataFrame, keys: list[str], path: Path) -> None:
        """Sort and write.

        Args:
            frame: Some rows.
            keys: What to sort by.
            path: Where they go.
        """
        self.path = path
        self.keys = keys
        width = max(1, int(frame.estimated_size()) // max(1, frame.height))
        rows = max(16, min(PIECE_ROWS, PIECE_BYTES // width))
        ordered = frame.sort(keys, nulls_last=True)
        self.firsts = [key_of(ordered, row, keys) for row in range(0, ordered.height, rows)]
        """Key of the first row of each piece."""

        self.per_range = max(1, RANGE_BYTES // (rows * width))
        """Pieces that together make a range."""

        table = ordered.to_arrow(compat_level=pl.CompatLevel.oldest())
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with (
            pa.OSFile(str(path), "wb") as file,
            pa.ipc.new_file(file, table.schema, options=options) as writer,
        ):
            for start in range(0, ordered.height, rows):
                writer.write_table(table.slice(start, rows).combine_chunks())

    def between(self, low: Key | None, high: Key | None) -> pl.DataFrame | None:
        """Return the rows from ``low`` on and before ``high``; None: from the first, to the last."""
        start = 0 if low is None else max(0, bisect_right(self.firsts, low) - 1)
        stop = len(self.firsts) if high is None else bisect_left(self.firsts, high)
        if start >= stop:
            return None
        with pa.OSFile(str(self.path)) as file:  # not mapped: mapped pages would count as memory in use
            reader = pa.ipc.open_file(file)
            table = pa.Table.from_batches([reader.get_batch(at) for at in range(start, stop)])
        frame = pl.DataFrame(table)

        def key(row: int) -> Key:
            return key_of(frame, row, self.keys)

        first = 0 if low is None else bisect_left(range(frame.height), low, key=key)
        last = frame.height if high is None else bisect_left(range(frame.height), high, key=key)
        return frame[first:last]


def sorted_pieces(path: Path, keys: list[str], scratch: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file in order, in bounded memory.

    Args:
        path: The file.
        keys: Columns to sort by, together unique. No value comes last.
        scratch: Folder for the runs; it is made, and removed at the end.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    runs = list(_runs(path, keys, scratch))
    firsts = sorted(first for run in runs for first in run.firsts)
    step = min((run.per_range for run in runs), default=1)
    cuts: list[Key | None] = [None, *firsts[step::step], None]
    for low, high in itertools.pairwise(cuts):
        parts = [part for run in runs if (part := run.between(low, high)) is not None]
        if parts:
            yield pl.concat(parts).sort(keys, nulls_last=True)
    for run in runs:
        run.path.unlink()
    scratch.rmdir()


def _runs(path: Path, keys: list[str], scratch: Path) -> Iterator[Run]:
    waiting: list[pl.DataFrame] = []
    number = 0
    for group in read_groups(path):
        waiting.append(group)
        if sum(part.estimated_size() for part in waiting) >= RUN_BYTES:
            yield Run(pl.concat(waiting), keys, scratch / f"{number}.arrow")
            waiting, number = [], number + 1
    if waiting:
        yield Run(pl.concat(waiting), keys, scratch / f"{number}.arrow")
