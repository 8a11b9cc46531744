"""A project of the digits, made by the stages up to the baselines, small enough to train on in seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.params import params_text
from pipeline.stages.run import run

BRIEF = {
    "extraction": {"kind": "conv2d", "features": [8], "pool": 2, "epochs": 0},
    "temporal": {"kind": "lstm", "hidden": 8},
    "training": {"epochs": 2, "batch_size": 128, "learning_rate": 0.01},
    "baselines": {"kinds": ["majority", "logistic"], "max_rows": 300},
    "evaluation": {"resamples": 200},
}


FOLDS = {"preprocessing": {"kind": "images", "split": {"kind": "folds", "folds": 3}}}


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose stages up to ``baseline`` have run."""
    return made(tmp_path_factory.mktemp("digits"), Config.model_validate(BRIEF))


@pytest.fixture(scope="session")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same, divided into three folds of which the first tests."""
    return made(tmp_path_factory.mktemp("folded"), Config.model_validate(BRIEF | FOLDS))


def made(folder: Path, config: Config) -> Path:
    (folder / "params.yaml").write_text(params_text(config))
    quality = Path(__file__).parents[2] / "quality.yaml"
    (folder / "quality.yaml").write_text(quality.read_text())
    for stage in ("ingest", "validate", "preprocess", "baseline"):
        run(stage, config, folder)
    return folder


@pytest.fixture
def config() -> Config:
    """Return the params of the project."""
    return Config.model_validate(BRIEF)


@pytest.fixture
def in_folds() -> Config:
    """Return the params of the project in folds."""
    return Config.model_validate(BRIEF | FOLDS)


def train(training) -> None:
    """Do one training as the flow does: in a process of its own."""
    training.prepare()
    call(training.folder, "train")


def call(folder: Path, chain: str) -> None:
    """Run several stages of a small project in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", chain], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
