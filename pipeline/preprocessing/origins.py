"""Where the test samples come from, for the report: a file's name tells a reader more than a number."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.foundation.arrays import HEADER, among, read_array
from pipeline.foundation.table import ROW_GROUP, TableWriter, write_table
from pipeline.preprocessing.sample_rows import batches

FILE = "origins_test.parquet"
KINDS = ("images", "clips", "sound", "table")
"""Texts are shown themselves; windows of a series have times, and whole ones the names of their groups."""

MOST_HELD = 1_000_000
"""More test samples are written piece by piece."""


def write_origins(table: Path, out: Path) -> None:
    """Write ``sample_id`` and ``origin`` of the test samples, in the order of their numbers.

    Args:
        table: Rows as validate let them pass.
        out: Folder of preprocess, with ``samples.parquet``.
    """
    if read_array(out / "ids_test.npy", mapped=True).size > MOST_HELD:
        with TableWriter(out / FILE) as writer:
            for frame in _test_rows(table, out / "ids_test.npy"):
                writer.add(frame)
        return
    test = pl.scan_parquet(out / "samples.parquet").filter(pl.col("split") == "test").select("sample_id")
    rows = pl.scan_parquet(table).select("sample_id", "origin")
    found = rows.join(test, on="sample_id", how="semi").collect(engine="streaming")
    write_table(found, out / FILE, sort_by=["sample_id"])


def _test_rows(table: Path, ids: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows whose ids rise in ``ids`` as they do in the table, read side by side."""
    place = 0
    for frame in batches(table, ["sample_id", "origin"], ROW_GROUP):
        own = frame["sample_id"].to_numpy()
        following = np.fromfile(ids, np.int64, len(own), offset=HEADER + 8 * place)
        here = following[following <= own[-1]]
        place += len(here)
        if len(here):
            yield frame.filter(pl.Series(among(own, here)))
