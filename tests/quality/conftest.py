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
from pipeline.sources.base import CLIP, FIXED, IMAGE, SOUND

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
def texts() -> Callable[..., pl.DataFrame]:
    """Return a function that makes a table of texts."""

    def make(texts, targets=None):
        return fixed_columns(len(texts), "posts.csv").with_columns(
            text=pl.Series(texts, dtype=pl.String),
            target=pl.Series(
                targets or ["a", "b"] * (len(texts) // 2) + ["a"] * (len(texts) % 2), dtype=pl.String
            ),
        )

    return make


@pytest.fixture
def sounds() -> Callable[..., pl.DataFrame]:
    """Return a function that makes a table of recordings at 8,000 Hz, from arrays of int16."""

    def make(recordings, targets=None):
        size = len(recordings)
        columns = {
            "rate": [8000] * size,
            "samples": [None if wave is None else len(wave) for wave in recordings],
            "sound": [None if wave is None else wave.astype("<i2").tobytes() for wave in recordings],
            "defect": ["truncated" if wave is None else None for wave in recordings],
            "target": targets or ["a", "b"] * (size // 2) + ["a"] * (size % 2),
        }
        return pl.concat(
            [fixed_columns(size, "voices"), pl.DataFrame(columns, schema=SOUND)], how="horizontal"
        )

    return make


def fixed_columns(rows: int, origin: str) -> pl.DataFrame:
    """Return the columns that every table has."""
    columns = {
        "sample_id": range(rows),
        "group": [None] * rows,
        "time": [None] * rows,
        "split": [None] * rows,
        "origin": [f"{origin}:{row}" for row in range(rows)],
    }
    return pl.DataFrame(columns, schema=FIXED)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Return a function that judges a table by the text of a suite."""

    def judge(
        suite: str,
        frame: pl.DataFrame,
        *,
        step_seconds=3600.0,
        limit=1.0,
        examples=5,
        categories=(),
        reference=None,
    ):
        (tmp_path / "quality.yaml").write_text(suite)
        write_table(frame, tmp_path / "table.parquet")
        fixed = {*FIXED, *IMAGE, *CLIP, *SOUND, "text", *categories}
        verdict, set_aside = judge_table(
            read_suite(tmp_path / "quality.yaml"),
            tmp_path / "table.parquet",
            channels=tuple(name for name in frame.columns if name not in fixed),
            step_seconds=step_seconds,
            limit=limit,
            examples=examples,
            categories=tuple(categories),
            reference=reference,
        )
        return SimpleNamespace(
            verdict=verdict,
            reasons=dict(set_aside.iter_rows()),
            finding=verdict.findings[-1] if verdict.findings else None,
        )

    return judge
