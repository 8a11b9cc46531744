"""Tables and splits as the stages write them, to be audited."""

import numpy as np
import polars as pl
import pytest

from pipeline.leakage.audit import audit_split

FIXED = {"group": pl.String, "time": pl.Datetime("us"), "split": pl.String, "origin": pl.String}


@pytest.fixture
def audited(tmp_path):
    """Return a function that writes a table and its split, and audits them."""

    def audit(
        frame, split, *, kind="table", head="classify", window=1, horizon=0, rows=None, similarity=0.9, **more
    ):
        missing = [
            pl.lit(None, dtype).alias(name) for name, dtype in FIXED.items() if name not in frame.columns
        ]
        ids = pl.Series("sample_id", np.arange(frame.height))
        origins = pl.format("data.csv:{}", pl.col("sample_id") + 2)
        table = frame.with_columns(ids, *missing).with_columns(origin=pl.col("origin").fill_null(origins))
        table.write_parquet(tmp_path / "table.parquet")
        chosen = table if rows is None else table[rows]
        samples = chosen.select("sample_id", "group", "time").with_columns(split=pl.Series(list(split)))
        samples.write_parquet(tmp_path / "samples.parquet")
        found = audit_split(
            tmp_path / "table.parquet", tmp_path / "samples.parquet", kind=kind, head=head, window=window,
            horizon=horizon, similarity=similarity, **more,
        )  # fmt: skip
        return {finding.check: finding for finding in found.findings}

    return audit


@pytest.fixture
def parted():
    """Return a function that gives every third sample to test, every seventh to val."""

    def part(count):
        return ["test" if place % 3 == 0 else "val" if place % 7 == 0 else "train" for place in range(count)]

    return part
