"""Where the test samples come from, for the report: a file's name tells a reader more than a number."""

from pathlib import Path

import polars as pl

from pipeline.foundation.table import write_table

FILE = "origins_test.parquet"
KINDS = ("images", "clips", "sound", "table")
"""Texts are shown themselves; windows of a series have times, and whole ones the names of their groups."""


def write_origins(table: Path, out: Path) -> None:
    """Write ``sample_id`` and ``origin`` of the test samples, in the order of their numbers.

    Args:
        table: Rows as validate let them pass.
        out: Folder of preprocess, with ``samples.parquet``.
    """
    test = pl.scan_parquet(out / "samples.parquet").filter(pl.col("split") == "test").select("sample_id")
    rows = pl.scan_parquet(table).select("sample_id", "origin")
    found = rows.join(test, on="sample_id", how="semi").collect(engine="streaming")
    write_table(found, out / FILE, sort_by=["sample_id"])
