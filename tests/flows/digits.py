"""A project of the digits that has a model and nothing else: what predicts reads no data of training."""

import shutil

from pipeline.config import Config
from pipeline.params import params_text
from pipeline.stages.bundle import make_bundle
from pipeline.stages.run import run

SETTINGS = {
    "training": {"epochs": 1, "batch_size": 64, "accelerator": "cpu"},
    "extraction": {"kind": "conv2d", "features": [4], "epochs": 1},
    "temporal": {"kind": "lstm", "hidden": 4},
    "run": {"threads": 1},
}


def train_digits(folder):
    """Make the project in a new folder, with the model of a brief training in ``model``."""
    folder.mkdir()
    config = Config.model_validate(SETTINGS)
    (folder / "params.yaml").write_text(params_text(config), encoding="utf-8")
    (folder / "quality.yaml").write_text("version: 1\nrows:\n  - {rule: readable}\n", encoding="utf-8")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    for stage in ("ingest", "validate", "preprocess", "extract", "analyze"):
        run(stage, config, folder)
    make_bundle(folder, folder / "model")
    shutil.rmtree(folder / "data")
