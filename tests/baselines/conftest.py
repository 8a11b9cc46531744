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

    def make(
        series,
        *,
        window,
        horizon,
        targets=None,
        season=None,
        offset=None,
        scale=None,
        starts=None,
        changed=(),
    ):
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
            changed=changed,
            horizon=horizon,
            offset=(0.0,) * channels if offset is None else offset,
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
        return _reader(tmp_path, meta, stream, np.arange(count) * window, np.asarray(targets, np.int64))

    return make


@pytest.fixture
def sample_reader(tmp_path: Path) -> MakeReader:
    """Return a function that makes a reader over samples of lengths of their own, each ``(step, *frame)``.

    Targets are labels ``(sample, label)`` where ``classes`` are given with ``head="multilabel"``, classes
    ``(sample,)``, or numbers ``(sample,)``.
    """

    def make(samples, targets, *, head="classify", classes=(), kind="sound", vocabulary=0, unit=(0.0, 1.0)):
        lengths = np.array([len(sample) for sample in samples])
        frame = samples[0].shape[1:]
        meta = StreamMeta(
            kind=kind,
            head=head,
            window=int(lengths.max()),
            ragged=True,
            frame=frame,
            channels=tuple(f"c{index}" for index in range(frame[0])) if frame else (),
            classes=classes,
            vocabulary=vocabulary,
            target_name="price",
            target_offset=unit[0],
            target_scale=unit[1],
            offset=(0.0,) * (frame[0] if frame else 0),
            scale=(1.0,) * (frame[0] if frame else 0),
            counts={"train": len(samples), "val": 0, "test": 0},
        )
        stream = np.concatenate(samples).astype(np.int32 if kind == "text" else np.float32)
        starts = np.cumsum(lengths) - lengths
        values = np.asarray(targets, np.int64 if head == "classify" else np.float32)
        shaped = values[:, None] if head == "regress" else values
        return _reader(tmp_path, meta, stream, starts, shaped, lengths)

    return make


def _reader(root, meta, stream, starts, targets=None, lengths=None):
    folder = Path(tempfile.mkdtemp(dir=root))
    if lengths is not None:
        np.save(folder / "lengths.npy", lengths.astype(np.int64))
    np.save(folder / "stream.npy", stream)
    np.save(folder / "starts.npy", starts.astype(np.int64))
    np.save(folder / "ids.npy", np.arange(len(starts)))
    if targets is not None:
        np.save(folder / "targets.npy", targets)
    files = StreamFiles(
        stream=folder / "stream.npy",
        starts=folder / "starts.npy",
        ids=folder / "ids.npy",
        targets=None if targets is None else folder / "targets.npy",
        lengths=None if lengths is None else folder / "lengths.npy",
    )
    return SplitReader(files, meta, "train")
