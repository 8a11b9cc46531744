"""Checked tables as validate hands them over."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

FIXED = {
    "sample_id": pl.Int64,
    "group": pl.String,
    "time": pl.Datetime("us"),
    "split": pl.String,
    "origin": pl.String,
}

WriteRows = Callable[..., Path]


@pytest.fixture
def write_rows(tmp_path: Path) -> WriteRows:
    """Write columns as a checked table; the fixed ones that are not given count, or are null."""

    def write(name: str = "table.parquet", /, **columns: object) -> Path:
        frame = pl.DataFrame(columns)
        given = {
            "sample_id": pl.int_range(pl.len(), dtype=pl.Int64),
            "origin": pl.format("row {}", pl.int_range(pl.len())),
        }
        fixed = [
            (pl.col(key) if key in frame.columns else given.get(key, pl.lit(None))).cast(kind).alias(key)
            for key, kind in FIXED.items()
        ]
        payload = [key for key in frame.columns if key not in (*FIXED, "target")]
        target = [pl.col("target").cast(pl.String)] if "target" in frame.columns else []
        frame.select(*fixed, *payload, *target).write_parquet(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder for the files of a stage."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
