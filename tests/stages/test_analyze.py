import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits

from pipeline.config import Config
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.foundation.run import RunConfig
from pipeline.heads.config import ClassifyConfig, ForecastConfig
from pipeline.model.config import ModelConfig
from pipeline.model.saved import load_model
from pipeline.params import params_text
from pipeline.preprocessing.config import ImagesConfig, WindowsConfig
from pipeline.sources.config import CsvConfig
from pipeline.stages.run import is_helper, run
from pipeline.temporal.config import LstmConfig
from pipeline.training.config import TrainingConfig

ROOT = Path(__file__).parents[2]
TRAINING = TrainingConfig(epochs=6, batch_size=16, learning_rate=0.01, accelerator="cpu")


@pytest.fixture
def digits(class_project):
    """Return a project whose ``preprocess`` has finished: 500 of the digits of scikit-learn."""
    images, targets = load_digits(return_X_y=True)
    counts = (300, 100, 100)
    return class_project(
        images[:500].reshape(-1, 8, 8), targets[:500], classes=tuple("0123456789"), counts=counts
    )


@pytest.fixture
def waves(series_project):
    """Return a project whose ``preprocess`` has finished: two noisy waves to be forecast."""
    time = np.arange(600)[:, None]
    values = 50 + 10 * np.sin(time / [3.0, 5.0]) + np.random.default_rng(0).normal(size=(600, 2))
    return series_project(values, window=24, horizon=6, borders=(400, 500, 600), channels=("a", "b"))


def classifying(**sections):
    defaults = {
        "extraction": Conv2dConfig(features=(8, 16), epochs=1),
        "temporal": LstmConfig(hidden=16),
        "training": TRAINING,
    }
    return Config(preprocessing=ImagesConfig(), run=RunConfig(threads=1), **(defaults | sections))


def forecasting(**sections):
    defaults = {
        "sources": CsvConfig(path="waves.csv"),
        "preprocessing": WindowsConfig(window=24),
        "heads": ForecastConfig(horizon=6),
        "extraction": Conv1dConfig(features=(8,), epochs=0, normalisation="none"),
        "temporal": LstmConfig(hidden=8),
        "training": TRAINING,
    }
    return Config(run=RunConfig(threads=1), **(defaults | sections))


def both(config, project):
    run("extract", config, project)
    return run("analyze", config, project)


def story(project, name):
    return json.loads((project / "data" / "analyze" / name).read_text())


def predictions(project):
    return pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")


def test_the_whole_network_is_trained_and_answers_every_test_sample_once(digits):
    both(classifying(), digits)

    table, history = predictions(digits), pl.read_csv(digits / "data" / "analyze" / "history.csv")
    report = story(digits, "report.json")
    assert table["sample_id"].to_list() == list(range(400, 500))
    assert (table["target"] == table["prediction"]).mean() > 0.5  # chance is 0.1
    assert history["epoch"].to_list() == list(range(1, report["epochs"] + 1))
    assert report["kept_epoch"] == history["val/loss"].arg_min() + 1
    assert report["model"] == "cnn-lstm (conv2d, lstm)"
    assert report["parameters"] == sum(
        tensor.numel()
        for name, tensor in load_file(digits / "data" / "analyze" / "model.safetensors").items()
        if "running" not in name and "num_batches" not in name
    )


def test_a_forecast_is_told_in_original_units(waves):
    both(forecasting(model=ModelConfig(input_norm="instance", channels="each", pooling="flatten")), waves)

    table = predictions(waves)
    mean = table["target"].mean()
    error = (table["target"] - table["prediction"]).abs().mean()
    assert error < 0.7 * (table["target"] - mean).abs().mean()
    assert len(table) == 95 * 2 * 6 and table["step"].unique().sort().to_list() == [1, 2, 3, 4, 5, 6]
    assert story(waves, "report.json")["val"].keys() == {"loss", "mse", "mae"}


def test_a_forecast_with_quantiles_tells_them_beside_its_median_and_so_do_its_floors(waves):
    config = forecasting(heads=ForecastConfig(horizon=6, loss="pinball", quantiles=(0.2, 0.5, 0.7, 0.9)))

    run("baseline", config, waves)
    both(config, waves)
    told = run("evaluate", config, waves)

    names = [f"quantile_{level}" for level in ("0.2", "0.5", "0.7", "0.9")]
    floor = pl.read_parquet(waves / "data" / "baseline" / "last_value.parquet")
    for table in (predictions(waves), floor):
        assert table.columns[-4:] == names
        values = table.select(names).to_numpy()
        assert (np.diff(values, axis=1) >= 0).all()
    own = predictions(waves)
    assert own["prediction"].equals(own["quantile_0.5"].alias("prediction"))
    assert all({"pinball", "coverage", "width"} <= line.scores.keys() for line in told.leaderboard)
    assert story(waves, "report.json")["val"].keys() == {"loss", "mse", "mae", "covered"}


@pytest.mark.parametrize("order", ["cnn-lstm", "lstm-cnn", "parallel", "cnn", "lstm"])
def test_every_order_runs_from_streams_to_predictions(waves, order):
    both(
        forecasting(model=ModelConfig(order=order), training=TRAINING.model_copy(update={"epochs": 1})), waves
    )

    assert len(predictions(waves)) == 95 * 2 * 6
    assert story(waves, "report.json")["model"].startswith(order)


@pytest.mark.parametrize("freeze", [False, True])
def test_the_model_is_rebuilt_from_its_folder_alone_and_answers_the_same(digits, freeze):
    both(classifying(extraction=Conv2dConfig(features=(8, 16), epochs=1, freeze=freeze)), digits)
    net = load_model(digits / "data" / "analyze")
    pixels = np.load(digits / "data" / "preprocess" / "stream.npy")[400:, None].astype(np.float32)
    meta = story(digits, "model.json")["stream"]

    with torch.inference_mode():
        scaled = torch.from_numpy((pixels - np.float32(meta["offset"][0])) / np.float32(meta["scale"][0]))
        shares = net.head.decode(net(scaled))

    told = predictions(digits).select(pl.col("^probability_.*$")).to_numpy()
    np.testing.assert_allclose(shares, told, rtol=1e-3, atol=1e-5)


def test_training_starts_from_the_extractor_and_moves_it(digits):
    both(classifying(training=TRAINING.model_copy(update={"learning_rate": 1e-5, "epochs": 1})), digits)

    before = load_file(digits / "data" / "extract" / "extractor.safetensors")
    after = load_file(digits / "data" / "analyze" / "model.safetensors")
    name = "blocks.0.0.weight"
    moved = (before[f"extractor.{name}"] - after[f"chains.0.branches.0.rooms.0.{name}"]).abs().mean()
    assert 0 < moved < 0.01 * before[f"extractor.{name}"].abs().mean()


def test_a_frozen_extractor_keeps_its_weights(digits):
    both(classifying(extraction=Conv2dConfig(features=(8, 16), epochs=2, freeze=True)), digits)

    before = load_file(digits / "data" / "extract" / "extractor.safetensors")
    after = load_file(digits / "data" / "analyze" / "model.safetensors")
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name.replace("extractor.", "chains.0.branches.0.rooms.0.")]), name
    assert (predictions(digits)["target"] == predictions(digits)["prediction"]).mean() > 0.5  # chance is 0.1


def test_equal_inputs_give_equal_bytes(digits):
    config = classifying(model=ModelConfig(dropout=0.3), heads=ClassifyConfig(class_weights="balanced"))
    hashes = []
    for _ in range(2):
        both(config, digits)
        hashes.append(story(digits, "manifest.json"))

    assert hashes[0] == hashes[1]


def test_no_checkpoint_is_left_behind(waves):
    both(forecasting(), waves)

    assert not list((waves / ".convoy" / "checkpoints").iterdir())


def test_pooling_that_leaves_nothing_is_told_before_anything_is_trained(waves):
    config = forecasting(
        model=ModelConfig(order="lstm-cnn", repeat=3), extraction=Conv1dConfig(features=(8, 8), pool=4)
    )

    with pytest.raises(ConfigError, match=r"extraction\.pool=4"):
        both(config, waves)


def test_features_that_were_changed_since_are_refused(digits):
    config = classifying(extraction=Conv2dConfig(features=(8, 16), epochs=1, freeze=True))
    run("extract", config, digits)
    path = digits / "data" / "extract" / "features_train.npy"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")

    with pytest.raises(IntegrityError, match=r"features_train\.npy is not the file its stage wrote"):
        run("analyze", config, digits)


def command(project, *arguments):
    env = {name: value for name, value in os.environ.items() if not name.endswith("RANK")}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=project,
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_score_like_one_and_answer_each_sample_once(waves):
    config = forecasting(training=TRAINING.model_copy(update={"batch_size": 50}))
    both(config, waves)
    alone, history = predictions(waves), (waves / "data" / "analyze" / "history.csv").read_text()
    (waves / "params.yaml").write_text(params_text(config))

    done = command(waves, "analyze", "-S", "training.devices=2")

    assert done.returncode == 0, done.stderr
    assert "training on cpu, 2 processes, gloo" in done.stdout
    assert done.stdout.count("epoch 1/6") == 1, "one process tells for both"
    together = predictions(waves)
    keys = ["sample_id", "channel", "step"]
    assert together.select(keys).equals(alone.select(keys))
    np.testing.assert_allclose(together["prediction"], alone["prediction"], rtol=0, atol=0.01)
    losses = [np.loadtxt(text.splitlines(), delimiter=",", skiprows=1) for text in (history, _history(waves))]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3, atol=1e-5)
    assert {path.name for path in (waves / "data").iterdir()} - {".tmp"} == {
        "preprocess",
        "extract",
        "analyze",
    }


def test_an_error_in_a_training_of_two_processes_is_told_once(waves):
    config = forecasting(training=TRAINING.model_copy(update={"devices": 2, "batch_size": 3}))
    run("extract", config, waves)
    (waves / "params.yaml").write_text(params_text(config))

    done = command(waves, "analyze")

    assert done.returncode == ConfigError.exit_code
    assert done.stderr.count("training.batch_size=3") == 1 and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "helps"),
    [
        ({}, False),
        ({"RANK": "0", "LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, True),
        ({"NODE_RANK": "1"}, True),
    ],
)
def test_only_the_first_process_makes_the_stages_folder(monkeypatch, variables, helps):
    for name in ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert is_helper() is helps


def _history(project):
    return (project / "data" / "analyze" / "history.csv").read_text()
