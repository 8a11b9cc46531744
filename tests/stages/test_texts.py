"""Texts of unequal length through both training stages, with every head that asks something of a text."""

import json

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from pipeline.config import Config
from pipeline.extraction.config import Conv1dConfig
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.run import RunConfig
from pipeline.heads.config import ClassifyConfig, MultilabelConfig, RegressConfig
from pipeline.model.config import ModelConfig
from pipeline.model.saved import load_model
from pipeline.preprocessing.config import SplitConfig, TextConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.text.texts import prepare_texts
from pipeline.sources.config import CsvConfig
from pipeline.stages.run import run
from pipeline.stages.streams import open_readers
from pipeline.temporal.config import LstmConfig
from pipeline.training.config import TrainingConfig

pytest.importorskip("tokenizers")
HEADS = {"classify": ClassifyConfig(), "multilabel": MultilabelConfig(), "regress": RegressConfig()}
WORDS = ("good", "bad", "odd", *"abcdefgh")


def texts():
    """Return 300 texts, which of three words each holds, and how many of them."""
    random = np.random.default_rng(0)
    chosen = [random.choice(WORDS, random.integers(1, 15)) for _ in range(300)]
    return [" ".join(words) for words in chosen], [
        [word for word in WORDS[:3] if word in each] for each in chosen
    ]


@pytest.fixture
def prepared(tmp_path):
    """Return a function that writes a table of texts and preprocesses it for a head."""

    def make(head, **settings):
        contents, found = texts()
        targets = {
            "classify": ["praise" if "good" in words else "other" for words in found],
            "multilabel": [",".join(words) for words in found],
            "regress": [str(100 + 10 * len(words)) for words in found],
        }
        count = len(contents)
        table = pl.DataFrame(
            {
                "sample_id": np.arange(count),
                "group": pl.Series([None] * count, dtype=pl.String),
                "time": pl.Series([None] * count, dtype=pl.Datetime("us")),
                "split": pl.Series([None] * count, dtype=pl.String),
                "origin": [f"texts.csv:{row + 2}" for row in range(count)],
                "text": contents,
                "target": targets[head],
            }
        )
        table.write_parquet(tmp_path / "table.parquet")
        config = TextConfig(least_often=1, dimensions=8, split=SplitConfig(duplicates="ignore"), **settings)
        with stage_folder(tmp_path / "data" / "preprocess") as out:
            prepare_texts(tmp_path / "table.parquet", config, Question(head), out, seed=0, vectors=None)
        return tmp_path

    return make


def settings(head="classify", **sections):
    defaults = {
        "preprocessing": TextConfig(),
        "heads": HEADS[head],
        "model": ModelConfig(pooling="max"),
        "extraction": Conv1dConfig(features=(16,), epochs=2),
        "temporal": LstmConfig(hidden=12),
        "training": TrainingConfig(epochs=6, batch_size=16, learning_rate=0.02, accelerator="cpu"),
    }
    return Config(
        sources=CsvConfig(path="texts.csv", rows="samples", text="text", target="target"),
        run=RunConfig(threads=1),
        **(defaults | sections),
    )


def both(config, project):
    run("extract", config, project)
    run("analyze", config, project)
    return pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")


def story(project, name, stage="analyze"):
    return json.loads((project / "data" / stage / name).read_text())


def weights(project, stage):
    name = {"extract": "extractor", "analyze": "model"}[stage]
    return load_file(project / "data" / stage / f"{name}.safetensors")


@pytest.mark.parametrize("freeze", [False, True])
def test_texts_are_told_apart_and_the_model_is_rebuilt_from_its_folder_alone(prepared, freeze):
    project = prepared("classify")

    table = both(settings(extraction=Conv1dConfig(features=(16,), epochs=3, freeze=freeze)), project)

    (test,) = open_readers(_paths(project), "test")
    assert table["sample_id"].to_list() == test.ids.tolist()
    assert (table["target"] == table["prediction"]).mean() > 0.8
    positions = np.arange(len(test))
    net = load_model(project / "data" / "analyze")
    with torch.inference_mode():
        shares = net.head.decode(
            net(torch.from_numpy(test.inputs(positions)), torch.from_numpy(test.lengths(positions)))
        )
    np.testing.assert_allclose(shares, table.select(pl.col("^probability_.*$")).to_numpy(), atol=1e-5)


@pytest.mark.parametrize("order", ["lstm-cnn", "parallel", "cnn", "lstm"])
def test_every_order_reads_texts(prepared, order):
    project = prepared("classify")

    table = both(settings(model=ModelConfig(order=order, pooling="attention")), project)

    assert len(table) == 60 and table["prediction"].is_in(["praise", "other"]).all()


@pytest.mark.parametrize("order", ["cnn-lstm", "lstm"])
def test_vectors_that_preprocess_left_are_where_training_starts(prepared, order):
    project = prepared("classify", vectors="corpus")
    left = np.load(project / "data" / "preprocess" / "vectors.npy")

    frozen_model = ModelConfig(order=order, embedding="frozen")
    both(settings(model=frozen_model, preprocessing=TextConfig(vectors="corpus")), project)
    frozen = weights(project, "analyze")["chains.0.embedding.table.weight"]
    both(settings(model=ModelConfig(order=order)), project)
    tuned = weights(project, "analyze")["chains.0.embedding.table.weight"]

    np.testing.assert_array_equal(frozen[1:], left[1:])
    assert not frozen[0].any() and not tuned[0].any(), "padding has no vector"
    moved = np.abs(tuned.numpy() - left)[2:].mean()
    assert 0 < moved < np.abs(left).mean()


def test_the_embedding_goes_from_the_probe_to_the_whole_network(prepared):
    project = prepared("classify")
    still = TrainingConfig(epochs=1, learning_rate=1e-7, accelerator="cpu")

    run("extract", settings(), project)
    run("analyze", settings(training=still), project)

    torch.testing.assert_close(
        weights(project, "analyze")["chains.0.embedding.table.weight"],
        weights(project, "extract")["embedding.table.weight"],
        atol=1e-4,
        rtol=0,
    )


@pytest.mark.parametrize("stage", ["extract", "analyze"])
def test_a_label_is_predicted_from_the_probability_on_that_val_chose(prepared, stage):
    project = prepared("multilabel")
    both(settings("multilabel"), project)

    table = pl.read_parquet(project / "data" / stage / "predictions.parquet")
    thresholds = story(project, "report.json", stage)["thresholds"]

    assert thresholds.keys() == {"good", "bad", "odd"}
    limits = table["label"].replace_strict({name: float(np.float32(x)) for name, x in thresholds.items()})
    assert (table["prediction"] == (table["probability"] >= limits)).all()
    assert (table["target"] == table["prediction"]).mean() > (0.8 if stage == "analyze" else 0.6)
    if stage == "analyze":
        model = story(project, "model.json")
        assert dict(zip(model["stream"]["classes"], model["thresholds"], strict=True)) == thresholds


def test_without_thresholds_a_label_is_predicted_from_a_half_on(prepared):
    project = prepared("multilabel")

    table = both(settings(heads=MultilabelConfig(thresholds="half", class_weights="balanced")), project)

    assert story(project, "report.json")["thresholds"] == {}
    assert (table["prediction"] == (table["probability"] >= 0.5)).all()


def test_a_number_is_told_in_original_units(prepared):
    project = prepared("regress")

    longer = TrainingConfig(epochs=20, batch_size=16, learning_rate=0.02, accelerator="cpu")

    table = both(settings("regress", training=longer), project)

    error = (table["target"] - table["prediction"]).abs().mean()
    assert set(table["target"].cast(pl.Int64)) <= {100, 110, 120, 130}
    assert error < 0.6 * (table["target"] - table["target"].mean()).abs().mean()
    report = story(project, "report.json")
    assert report["scale"].keys() == {"target"} and report["scale"]["target"] > 1
    assert report["val"].keys() == {"loss", "mse", "mae"}


@pytest.mark.parametrize("freeze", [False, True])
def test_equal_inputs_give_equal_bytes(prepared, freeze):
    project = prepared("multilabel", vectors="corpus")
    config = settings(
        "multilabel",
        extraction=Conv1dConfig(features=(16,), epochs=1, freeze=freeze, dropout=0.2),
        training=TrainingConfig(epochs=2, batch_size=16, accelerator="cpu"),
    )
    hashes = []
    for _ in range(2):
        both(config, project)
        hashes.append([story(project, "manifest.json", stage) for stage in ("extract", "analyze")])

    assert hashes[0] == hashes[1]


def _paths(project):
    from pipeline.foundation.paths import Paths

    return Paths(project, project / "out", project / "reports", project / "checkpoints")


def test_the_test_texts_are_kept_for_the_report_as_they_came(prepared):
    folder = prepared("classify", lowercase=True) / "data" / "preprocess"

    kept = pl.read_parquet(folder / "texts_test.parquet")

    contents, _ = texts()
    assert kept["sample_id"].to_list() == np.load(folder / "ids_test.npy").tolist()
    assert kept["text"].to_list() == [contents[sample] for sample in kept["sample_id"]]
