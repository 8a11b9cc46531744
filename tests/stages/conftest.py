"""Finished ``data/preprocess`` folders, as the stage leaves them, over small arrays."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.leakage.findings import Findings
from pipeline.preprocessing.meta import SPLITS, StreamMeta


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return an empty project."""
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def series_project(project: Path) -> Callable[..., Path]:
    """Return a function that preprocesses a series for forecasts: scaled on train, split by rows."""

    def make(values, *, window, horizon, borders, channels, season=None):
        train, val, test = borders  # the rows at which each split ends
        offset, scale = values[:train].mean(axis=0), values[:train].std(axis=0)
        spans = {"train": (0, train), "val": (train - window, val), "test": (val - window, test)}
        starts = {
            split: np.arange(first, end - window - horizon + 1) for split, (first, end) in spans.items()
        }
        meta = StreamMeta(
            kind="series", head="forecast", window=window, frame=(values.shape[1],), channels=channels,
            targets=tuple(range(values.shape[1])), horizon=horizon, offset=tuple(offset),
            scale=tuple(scale), season=season, counts={split: len(starts[split]) for split in SPLITS},
        )  # fmt: skip
        with stage_folder(project / "data" / "preprocess") as out:
            np.save(out / "stream.npy", ((values - offset) / scale).astype(np.float32))
            for split in SPLITS:
                np.save(out / f"starts_{split}.npy", starts[split])
                np.save(out / f"ids_{split}.npy", starts[split] + window - 1)
            _write_samples({split: starts[split] + window - 1 for split in SPLITS}, out)
            _write_reports(meta, out, split="time")
        return project

    return make


@pytest.fixture
def class_project(project: Path) -> Callable[..., Path]:
    """Return a function that preprocesses images ``(sample, height, width)`` with classes, split in order.

    With ``head="multilabel"`` the targets are labels ``(sample, label)``.
    """

    def make(images, targets, *, classes, counts, head="classify", findings=(), split="stratified"):
        rows = dict(zip(SPLITS, np.split(np.arange(len(images)), np.cumsum(counts)[:2]), strict=True))
        meta = StreamMeta(
            kind="images", head=head, window=1, frame=(1, *images.shape[1:]), channels=("grey",),
            classes=classes, offset=(float(images.mean()),), scale=(float(images.std()) or 1.0,),
            counts=dict(zip(SPLITS, counts, strict=True)),
        )  # fmt: skip
        with stage_folder(project / "data" / "preprocess") as out:
            np.save(out / "stream.npy", images[:, None].astype(np.uint8))
            for part in SPLITS:
                np.save(out / f"starts_{part}.npy", rows[part])
                np.save(out / f"ids_{part}.npy", rows[part])
                dtype = np.int64 if head == "classify" else np.float32
                np.save(out / f"targets_{part}.npy", np.asarray(targets)[rows[part]].astype(dtype))
            _write_samples(rows, out, timed=False)
            _write_reports(meta, out, split=split, findings=findings)
        return project

    return make


@pytest.fixture
def number_project(project: Path) -> Callable[..., Path]:
    """Return a function that preprocesses rows of a table ``(row, column)`` with a number each, split in order."""

    def make(rows, numbers, *, name, counts):
        parts = dict(zip(SPLITS, np.split(np.arange(len(rows)), np.cumsum(counts)[:2]), strict=True))
        offset, scale = float(numbers[: counts[0]].mean()), float(numbers[: counts[0]].std())
        meta = StreamMeta(
            kind="table", head="regress", window=rows.shape[1], frame=(1,), channels=("value",),
            target_name=name, target_offset=offset, target_scale=scale, offset=(0.0,), scale=(1.0,),
            counts=dict(zip(SPLITS, counts, strict=True)),
        )  # fmt: skip
        with stage_folder(project / "data" / "preprocess") as out:
            np.save(out / "stream.npy", rows.reshape(-1, 1).astype(np.float32))
            for part in SPLITS:
                np.save(out / f"starts_{part}.npy", parts[part] * rows.shape[1])
                np.save(out / f"ids_{part}.npy", parts[part])
                scaled = (numbers[parts[part], None] - offset) / scale
                np.save(out / f"targets_{part}.npy", scaled.astype(np.float32))
            _write_samples(parts, out, timed=False)
            _write_reports(meta, out, split="random")
        return project

    return make


def _write_reports(meta, out, *, split, findings=()):
    """Write what a stage tells beside its arrays."""
    divided = {"split": split, "counts": meta.counts, "fold": None, "folds": None, "folds_of": None}
    told = {"summary": "prepared", **divided, "notes": [], "audit": {}}
    write_json(told, out / "report.json")
    write_json(Findings(findings=findings).model_dump(mode="json"), out / "audit.json")
    write_json(meta.model_dump(mode="json"), out / "meta.json")


def _write_samples(ids, out, *, timed=True):
    start = datetime(2016, 7, 1)
    parts = [
        pl.DataFrame(
            {
                "sample_id": ids[split],
                "group": pl.Series([None] * len(ids[split]), dtype=pl.String),
                "time": pl.Series(
                    [start + timedelta(hours=int(row)) if timed else None for row in ids[split]],
                    dtype=pl.Datetime("us"),
                ),
                "split": [split] * len(ids[split]),
            }
        )
        for split in SPLITS
    ]
    pl.concat(parts).write_parquet(out / "samples.parquet")
