"""Tables as ``ingest`` writes them, and a whole judgement over one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from pipeline.foundation.table import write_table
from pipeline.quality.gate import judge_table
from pipeline.quality.read import read_suite
from pipeline.sources.base import FIXED, IMAGE

START = datetime(2024, 1, 1)


@pytest.fixture
def series() -> Callable[..., pl.DataFrame]:
    """Return a function that makes a table of a series from channels; hourly unless times are given."""

    def make(*, group=None, time=None, target=None, **channels):
        rows = len(next(iter(channels.values())))
        hours = [START + timedelta(hours=row) for row in range(rows)]
        columns = {
            "sample_id": list(range(rows)),
            "group": group or [None] * rows,
            "time": hours if time is None else time,
            "split": [None] * rows,
            "origin": [f"meters.csv:{row + 2}" for row in range(rows)],
            **channels,
            **({"target": target} if target else {}),
        }
        types = dict.fromkeys(channels, pl.Float64) | ({"target": pl.String} if target else {})
        return pl.DataFrame(columns, schema={**FIXED, **types})

    return make


@pytest.fixture
def images() -> Callable[..., pl.DataFrame]:
    """Return a function that makes a table of raw grey images, None for one that could not be read."""

    def make(pictures, targets):
        good = [picture is not None for picture in pictures]
        columns = {
            "sample_id": list(range(len(pictures))),
            "group": [None] * len(pictures),
            "time": [None] * len(pictures),
            "split": [None] * len(pictures),
            "origin": [f"photos/{row}.png" for row in range(len(pictures))],
            "height": [2 if there else None for there in good],
            "width": [2 if there else None for there in good],
            "bands": [1 if there else None for there in good],
            "encoding": ["raw" if there else None for there in good],
            "image": pictures,
            "defect": [None if there else "image file is truncated" for there in good],
            "target": targets,
        }
        return pl.DataFrame(columns, schema={**FIXED, **IMAGE})

    return make


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Return a function that judges a table by the text of a suite."""

    def judge(suite: str, frame: pl.DataFrame, *, step_seconds=3600.0, limit=1.0, examples=5):
        (tmp_path / "quality.yaml").write_text(suite)
        write_table(frame, tmp_path / "table.parquet")
        fixed = {*FIXED, *IMAGE}
        verdict, set_aside = judge_table(
            read_suite(tmp_path / "quality.yaml"),
            tmp_path / "table.parquet",
            channels=tuple(name for name in frame.columns if name not in fixed),
            step_seconds=step_seconds,
            limit=limit,
            examples=examples,
        )
        return SimpleNamespace(
            verdict=verdict,
            reasons=dict(set_aside.iter_rows()),
            finding=verdict.findings[-1] if verdict.findings else None,
        )

    return judge
