import json
import shutil

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits

from pipeline.config import Config
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.extraction.config_vectors import DecompositionConfig
from pipeline.foundation.errors import DataError
from pipeline.foundation.run import RunConfig
from pipeline.heads.config import ForecastConfig
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.config import ImagesConfig, WindowsConfig
from pipeline.sources.config import CsvConfig
from pipeline.stages.run import run
from pipeline.training.config import TrainingConfig

TRAINING = TrainingConfig(epochs=4, batch_size=16, learning_rate=0.01, accelerator="cpu")


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
    defaults = {"extraction": Conv2dConfig(features=(8, 16)), "training": TRAINING}
    return Config(preprocessing=ImagesConfig(), run=RunConfig(threads=1), **(defaults | sections))


def forecasting(**sections):
    defaults = {
        "sources": CsvConfig(path="waves.csv"),
        "preprocessing": WindowsConfig(window=24),
        "heads": ForecastConfig(horizon=6),
        "extraction": Conv1dConfig(features=(8,), epochs=2),
        "training": TRAINING,
    }
    return Config(run=RunConfig(threads=1), **(defaults | sections))


def files(project):
    return {path.name for path in (project / "data" / "extract").iterdir()}


def story(project, name):
    return json.loads((project / "data" / "extract" / name).read_text())


def test_the_extractor_is_fitted_under_a_linear_probe_that_is_a_rival_by_itself(digits):
    run("extract", classifying(), digits)

    table = pl.read_parquet(digits / "data" / "extract" / "predictions.parquet")
    history = pl.read_csv(digits / "data" / "extract" / "history.csv")
    report = story(digits, "report.json")
    assert story(digits, "meta.json")["fitted"] is True
    assert table["sample_id"].to_list() == list(range(400, 500))
    assert (table["target"] == table["prediction"]).mean() > 0.5  # chance is 0.1
    assert history.columns == ["epoch", "train/loss", "val/loss", "val/accuracy", "learning_rate"]
    assert history["epoch"].to_list() == [1, 2, 3]
    assert report["val"]["accuracy"] == history["val/accuracy"][int(history["val/loss"].arg_min())]
    assert report["model"] == "linear probe (conv2d)" and report["classes"] == list("0123456789")


@pytest.mark.parametrize("model", [ModelConfig(), ModelConfig(channels="each", input_norm="instance")])
def test_a_forecasting_extractor_is_fitted_the_same_way(waves, model):
    run("extract", forecasting(model=model), waves)

    table = pl.read_parquet(waves / "data" / "extract" / "predictions.parquet")
    losses = pl.read_csv(waves / "data" / "extract" / "history.csv")["train/loss"]
    assert losses[1] < losses[0]
    assert table["target"].min() > 30, "in original units"
    assert len(table) == 95 * 2 * 6
    assert story(waves, "report.json")["scale"].keys() == {"a", "b"}


@pytest.mark.parametrize("order", ["lstm-cnn", "parallel", "lstm"])
def test_where_no_cnn_comes_first_nothing_is_fitted_and_it_is_said_why(waves, order):
    run("extract", forecasting(model=ModelConfig(order=order)), waves)

    meta = story(waves, "meta.json")
    assert meta["fitted"] is False and f"model.order={order}" in meta["why"]
    assert files(waves) == {"meta.json", "report.json", "manifest.json"}


def test_0_epochs_leave_the_extractor_untrained(digits):
    run("extract", classifying(extraction=Conv2dConfig(epochs=0)), digits)

    assert story(digits, "meta.json")["fitted"] is False
    assert files(digits) == {"meta.json", "report.json", "manifest.json", "extractor.safetensors"}


def test_given_weights_are_taken_instead_of_fitting(digits):
    run("extract", classifying(), digits)
    own = digits / "own.safetensors"
    shutil.copy(digits / "data" / "extract" / "extractor.safetensors", own)

    run("extract", classifying(extraction=Conv2dConfig(features=(8, 16), weights="own.safetensors")), digits)

    taken = load_file(digits / "data" / "extract" / "extractor.safetensors")
    assert all(torch.equal(taken[name], tensor) for name, tensor in load_file(own).items())
    meta = story(digits, "meta.json")
    assert meta["fitted"] is False and "extraction.weights=own.safetensors" in meta["why"]


def test_given_weights_of_another_extractor_are_refused(digits):
    save_file({"extractor.blocks.0.0.weight": torch.zeros(3)}, digits / "own.safetensors")

    with pytest.raises(DataError, match="weights of another network"):
        run("extract", classifying(extraction=Conv2dConfig(weights="own.safetensors")), digits)

    assert not (digits / "data" / "extract").exists()


def test_a_frozen_extractor_leaves_the_features_of_every_sample(digits):
    run("extract", classifying(extraction=Conv2dConfig(features=(8, 16), freeze=True)), digits)

    for split, count in {"train": 300, "val": 100, "test": 100}.items():
        features = np.load(digits / "data" / "extract" / f"features_{split}.npy")
        assert features.shape == (count, 2, 16 * 2) and features.dtype == np.float32
        assert np.isfinite(features).all() and features.std() > 0


def test_equal_inputs_give_equal_bytes(digits):
    hashes = []
    for _ in range(2):
        run("extract", classifying(extraction=Conv2dConfig(features=(8, 16), freeze=True)), digits)
        hashes.append(story(digits, "manifest.json"))

    assert hashes[0] == hashes[1]


def test_no_checkpoint_is_left_behind(digits):
    run("extract", classifying(), digits)

    assert not list((digits / ".convoy" / "checkpoints").iterdir())


def test_an_extractor_without_weights_is_kept_and_its_features_too(waves):
    run("extract", forecasting(extraction=DecompositionConfig(average=5, epochs=1, freeze=True)), waves)

    assert load_file(waves / "data" / "extract" / "extractor.safetensors") == {}
    assert story(waves, "report.json")["model"] == "linear probe (decomposition)"
