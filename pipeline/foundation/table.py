"""The one way to write a Parquet file.

Polars and PyArrow choose row groups by how the frame happens to be chunked in memory, so equal
tables can give different bytes, and DVC would then run everything downstream again. Here the
frame is put into one chunk and written with fixed row groups.
"""

from pathlib import Path

import polars as pl

ROW_GROUP = 100_000


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
