"""Readers over small streams, written as ``preprocess`` writes them."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles

MakeReader = Callable[..., SplitReader]


@pytest.fixture
def forecast_reader(tmp_path: Path) -> MakeReader:
    """Return a function that makes a reader over all windows of a series ``(row, channel)``."""

    def make(series, *, window, horizon, targets=None, season=None, scale=None, starts=None):
        rows, channels = series.shape
        if starts is None:
            starts = np.arange(rows - window - horizon + 1)
        meta = StreamMeta(
            kind="series",
            head="forecast",
            window=window,
            frame=(channels,),
            channels=tuple(f"c{index}" for index in range(channels)),
            targets=tuple(range(channels)) if targets is None else targets,
            horizon=horizon,
            offset=(0.0,) * channels,
            scale=(1.0,) * channels if scale is None else scale,
            season=season,
            counts={"train": len(starts), "val": 0, "test": 0},
        )
        return _reader(tmp_path, meta, series.astype(np.float32), np.asarray(starts))

    return make


@pytest.fixture
def class_reader(tmp_path: Path) -> MakeReader:
    """Return a function that makes a reader over samples ``(sample, window, channel)`` with classes."""

    def make(samples, targets, classes):
        count, window, channels = samples.shape
        meta = StreamMeta(
            kind="series",
            head="classify",
            window=window,
            frame=(channels,),
            channels=tuple(f"c{index}" for index in range(channels)),
            classes=classes,
            offset=(0.0,) * channels,
            scale=(1.0,) * channels,
            counts={"train": count, "val": 0, "test": 0},
        )
        stream = samples.reshape(-1, channels).astype(np.float32)
        return _reader(tmp_path, meta, stream, np.arange(count) * window, np.asarray(targets))

    return make


def _reader(root, meta, stream, starts, targets=None):
    folder = Path(tempfile.mkdtemp(dir=root))
    np.save(folder / "stream.npy", stream)
    np.save(folder / "starts.npy", starts.astype(np.int64))
    np.save(folder / "ids.npy", np.arange(len(starts)))
    if targets is not None:
        np.save(folder / "targets.npy", targets.astype(np.int64))
    files = StreamFiles(
        stream=folder / "stream.npy",
        starts=folder / "starts.npy",
        ids=folder / "ids.npy",
        targets=None if targets is None else folder / "targets.npy",
    )
    return SplitReader(files, meta, "train")
