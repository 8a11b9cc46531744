"""`convoy init --recipe`: on the recipe's data or the user's own, and what the user says outweighs it."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from pipeline.params import read_config
from pipeline.recipes.read import read_recipe


@pytest.fixture
def init(tmp_path):
    """Return a function that calls `convoy init` and returns the exit code, the settings and what it said."""

    def call(*words):
        folder = tmp_path / "project"
        command = [sys.executable, "-c", "from flows.cli.main import main; main()", "init", folder, *words]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        config = read_config(folder / "params.yaml") if folder.exists() else None
        return done.returncode, config, done.stdout + done.stderr

    return call


@pytest.fixture
def series(tmp_path):
    """A series of an hour each, in two channels."""
    steps = np.arange(600)
    path = tmp_path / "mine.csv"
    pl.DataFrame({
        "hour": pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 25, 23), "1h", eager=True),
        "load": np.sin(steps / 24 * 2 * np.pi) + 0.01 * np.cos(steps**2),
        "heat": np.cos(steps / 24 * 2 * np.pi) + 0.01 * np.sin(steps**2),
    }).write_csv(path)  # fmt: skip
    return path


def test_what_the_user_says_outweighs_the_recipe(init):
    code, config, _ = init("--recipe", "random-control", "-S", "training.epochs=2", "-S", "temporal.hidden=5")

    assert code == 0
    assert read_recipe("random-control").settings.get("training.epochs") != 2
    assert (config.training.epochs, config.temporal.hidden) == (2, 5)


def test_the_network_of_a_recipe_reads_the_users_own_data(init, series, tmp_path):
    settings = read_recipe("walk-forward-cnn").settings

    code, config, said = init("--recipe", "walk-forward-cnn", "--data", series, "--horizon", 3)

    assert code == 0, said
    assert "from the recipe walk-forward-cnn (" in said
    assert "extraction, temporal, model, training\nfrom the look at your data: all else" in said
    assert config.sources.kind == "csv"
    assert (tmp_path / "project" / config.sources.path).read_bytes() == series.read_bytes()
    assert config.heads.horizon == 3
    assert config.model.order == settings["model.order"]
    assert list(config.extraction.features) == settings["extraction.features"]
    assert not (tmp_path / "project" / "compare.yaml").exists()


def test_a_network_that_cannot_read_the_users_data_is_one_sentence_and_leaves_nothing(init, series):
    code, config, said = init("--recipe", "white-blood-cells", "--data", series)

    assert code != 0
    assert config is None
    assert "extraction.kind=conv2d needs images" in said
    assert "Traceback" not in said
