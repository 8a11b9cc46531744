"""From NIfTI files of patients, four sequences each, to the predictions of a network that reads them as four steps."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from pipeline.config import Config
from pipeline.foundation.folder import stage_folder
from pipeline.stages.run import run

nibabel = pytest.importorskip("nibabel")

SEQUENCES = ("flair", "t1", "t1ce", "t2")
SETTINGS = {
    "sources": {"kind": "volumes", "path": "scans", "clip_pattern": r"(patient\d+)", "group_pattern": r"(patient\d+)"},
    "preprocessing": {
        "kind": "clips", "frames": 4, "volumes": "files", "depth": 4, "height": 8, "width": 8,
        "flip": "horizontal", "split": {"kind": "group", "val": 0.2, "test": 0.25, "duplicates": "ignore"},
    },
    "extraction": {"kind": "conv3d", "features": [4, 8], "epochs": 1},
    "temporal": {"kind": "lstm", "hidden": 8},
    "training": {"epochs": 6, "batch_size": 8, "learning_rate": 0.02, "accelerator": "cpu"},
    "baselines": {"kinds": ["majority", "logistic"]},
    "run": {"threads": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a project that has run: 40 patients, of whom the ill have a bright spot in all sequences but t1."""
    folder = tmp_path_factory.mktemp("volumes")
    random = np.random.default_rng(0)
    for patient in range(40):
        ill = patient % 2
        spot = random.integers(0, 4, 2)
        for sequence in SEQUENCES:
            values = random.normal(100, 10, (8, 8, 6)).astype(np.float32)
            if ill and sequence != "t1":
                values[spot[0] : spot[0] + 4, spot[1] : spot[1] + 4, 1:5] += 60
            path = folder / "scans" / ("ill" if ill else "well") / f"patient{patient}" / f"{sequence}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
    config = Config.model_validate(SETTINGS)
    run("ingest", config, folder)
    with stage_folder(folder / "data" / "validate") as out:  # as validate does when nothing is wrong
        shutil.copyfile(folder / "data" / "ingest" / "table.parquet", out / "table.parquet")
    for stage in ("preprocess", "baseline", "extract", "analyze"):
        run(stage, config, folder)
    return folder


def test_each_patient_is_one_sample_of_four_volumes(project):
    meta = json.loads((project / "data" / "preprocess" / "meta.json").read_text())

    assert (meta["window"], meta["ragged"], meta["frame"]) == (4, False, [1, 4, 8, 8])
    assert sum(meta["counts"].values()) == 40
    assert np.load(project / "data" / "preprocess" / "stream.npy", mmap_mode="r").shape == (160, 1, 4, 8, 8)


def test_the_network_tells_the_ill_from_the_well(project):
    table = pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")
    report = json.loads((project / "data" / "analyze" / "report.json").read_text())

    assert report["model"] == "cnn-lstm (conv3d, lstm)"
    assert (table["target"] == table["prediction"]).mean() > 0.75  # chance is 0.5


def test_rivals_read_volumes_too(project):
    table = pl.read_parquet(project / "data" / "baseline" / "logistic.parquet")
    network = pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")

    assert table["sample_id"].to_list() == network["sample_id"].to_list()
