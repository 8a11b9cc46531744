"""Series prepared in a folder of their own, and what then lies in it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.table import write_table
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.series.windowed import prepare_windows


@dataclass(frozen=True)
class Result:
    """What lies in the folder after preparing a series."""

    folder: Path
    meta: StreamMeta
    notes: tuple[str, ...]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return {split: np.load(self.folder / f"{name}_{split}.npy") for split in self.meta.counts}

    def channel(self, name: str) -> np.ndarray:
        """Return a channel of the stream in original units."""
        place = self.meta.channels.index(name)
        return self.stream[:, place] * self.meta.scale[place] + self.meta.offset[place]

    def bytes(self) -> dict[str, bytes]:
        files = (path for path in self.folder.iterdir() if path.name != "table.parquet")
        return {path.name: path.read_bytes() for path in files}

    @property
    def stream(self) -> np.ndarray:
        return np.load(self.folder / "stream.npy")

    @property
    def starts(self) -> dict[str, np.ndarray]:
        return self.arrays("starts")

    @property
    def ids(self) -> dict[str, np.ndarray]:
        return self.arrays("ids")

    @property
    def targets(self) -> dict[str, np.ndarray]:
        return self.arrays("targets")

    @property
    def samples(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "samples.parquet")


@pytest.fixture(scope="session")
def result_of() -> Callable[..., Result]:
    """Return what reads a folder, and compares its meta.json with what was told."""
    return read_result


def read_result(folder: Path, told: Prepared) -> Result:
    """Return what lies in a folder."""
    meta = StreamMeta.model_validate_json((folder / "meta.json").read_text())
    assert meta == told.meta
    return Result(folder, meta, told.notes)


@pytest.fixture
def series() -> Callable[..., pl.DataFrame]:
    """Return what makes a table as ingest writes it."""
    return series_frame


def series_frame(channels: dict[str, Any], **columns: Any) -> pl.DataFrame:
    """Return a table: hourly rows of one group, unless ``columns`` says otherwise."""
    rows = len(next(iter(channels.values())))
    start = datetime(2024, 1, 1)
    fixed = {
        "sample_id": np.arange(rows),
        "group": pl.Series([None] * rows, dtype=pl.String),
        "time": [start + timedelta(hours=hour) for hour in range(rows)],
        "split": pl.Series([None] * rows, dtype=pl.String),
        "origin": [f"t.csv:{row + 2}" for row in range(rows)],
    }
    given = {name: columns[name] for name in fixed if name in columns}
    target = {"target": columns["target"]} if "target" in columns else {}
    frame = pl.DataFrame({**fixed, **given, **channels, **target})
    return frame.with_columns(
        pl.col("sample_id").cast(pl.Int64), pl.col("group", "split").cast(pl.String),
        pl.col("time").cast(pl.Datetime("us")), pl.col(list(channels)).cast(pl.Float64),
    )  # fmt: skip


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., Result]:
    """Return what writes a frame as a table, prepares windows of it, and tells what was written."""
    calls = itertools.count()

    def prepare(frame: pl.DataFrame, head: Question | None = None, **settings: Any) -> Result:
        folder = tmp_path / f"call{next(calls)}"
        folder.mkdir()
        return prepare_in(folder, frame, head, **settings)

    return prepare


@pytest.fixture(scope="session")
def preparing() -> Callable[..., Result]:
    """Return what prepares windows in a given folder."""
    return prepare_in


def prepare_in(
    folder: Path, frame: pl.DataFrame, head: Question | None = None, block: int | None = None, **settings: Any
) -> Result:
    """Write a frame as a table, prepare windows of it, and return what was written."""
    write_table(frame, folder / "table.parquet")
    config = WindowsConfig(**{"window": 4, **settings})
    head = head or Question("forecast", horizon=2)
    told = prepare_windows(folder / "table.parquet", config, head, folder, seed=0, block=block)
    return read_result(folder, told)
