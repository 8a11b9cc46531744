import json

import numpy as np
import polars as pl

from pipeline.comparison.folds import fold_of_each, write_folds
from pipeline.preprocessing.meta import StreamMeta


def meta_of(folder):
    return StreamMeta.model_validate_json((folder / "meta.json").read_text())


def test_every_training_sample_is_held_out_once_and_never_trained_on_then(digits, tmp_path):
    data = digits / "data" / "preprocess"

    folders = write_folds(data, tmp_path, count=3, seed=0)

    own = np.load(data / "ids_train.npy")
    held = [np.load(folder / "ids_test.npy") for folder in folders]
    assert sorted(np.concatenate(held)) == sorted(own)
    for folder, out in zip(folders, held, strict=True):
        kept = np.load(folder / "ids_train.npy")
        assert not set(kept) & set(out)
        assert sorted([*kept, *out]) == sorted(own)
        assert meta_of(folder).counts == {
            "train": len(kept),
            "val": meta_of(data).counts["val"],
            "test": len(out),
        }
        assert np.bincount(np.load(folder / "targets_test.npy")).min() > 0  # equal class shares


def test_no_real_test_sample_gets_into_a_fold(digits, tmp_path):
    data = digits / "data" / "preprocess"
    real = set(np.load(data / "ids_test.npy"))

    for folder in write_folds(data, tmp_path, count=3, seed=0):
        table = pl.read_parquet(folder / "samples.parquet")
        assert not real & set(table["sample_id"])
        assert not real & (set(np.load(folder / "ids_train.npy")) | set(np.load(folder / "ids_test.npy")))


def test_folds_that_are_there_are_not_written_again(digits, tmp_path):
    data = digits / "data" / "preprocess"
    first = [folder.stat().st_mtime_ns for folder in write_folds(data, tmp_path, count=2, seed=0)]

    assert [folder.stat().st_mtime_ns for folder in write_folds(data, tmp_path, count=2, seed=0)] == first


def test_windows_that_share_steps_with_those_held_out_are_not_trained_on(tmp_path):
    from pipeline.foundation.folder import stage_folder

    window, horizon, rows = 8, 2, 200
    starts = {"train": np.arange(100), "val": np.arange(120, 130), "test": np.arange(150, 160)}
    meta = StreamMeta(
        kind="series", head="forecast", window=window, horizon=horizon, frame=(1,), channels=("x",), targets=(0,),
        offset=(0.0,), scale=(1.0,), counts={split: len(first) for split, first in starts.items()},
    )  # fmt: skip
    data = tmp_path / "data" / "preprocess"
    with stage_folder(data) as out:
        np.save(out / "stream.npy", np.zeros((rows, 1), np.float32))
        (out / "meta.json").write_text(meta.model_dump_json())
        frames = []
        for split, first in starts.items():
            np.save(out / f"starts_{split}.npy", first)
            np.save(out / f"ids_{split}.npy", first)
            frames.append(pl.DataFrame({"sample_id": first, "group": None, "time": None, "split": split}))
        pl.concat(frames).write_parquet(out / "samples.parquet")

    parts = fold_of_each(data, meta, count=4, seed=0)
    folders = write_folds(data, tmp_path / "folds", count=4, seed=0)

    assert [len(np.flatnonzero(np.diff(parts)))] == [3]  # runs of neighbours
    for folder in folders:
        kept, held = np.load(folder / "starts_train.npy"), np.load(folder / "starts_test.npy")
        assert np.abs(kept[:, None] - held[None]).min() >= window + horizon
        assert json.loads((folder / "meta.json").read_text())["counts"]["test"] == len(held)
