"""Several streams and static columns from a source to predictions."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from pipeline.config import Config
from pipeline.extraction.config import Conv1dConfig
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.heads.config import ClassifyConfig
from pipeline.model.config import ModelConfig
from pipeline.model.saved import load_model
from pipeline.preprocessing.config import SplitConfig, TextConfig, WholeConfig, WindowsConfig
from pipeline.preprocessing.config_rows import SecondConfig
from pipeline.sources.config import CsvConfig
from pipeline.stages.run import run
from pipeline.stages.streams import open_readers
from pipeline.temporal.config import LstmConfig
from pipeline.training.batches import Batches
from pipeline.training.config import TrainingConfig
from pipeline.training.plan import Plan

DATA = Path(__file__).parents[2].parent / "shared" / "datasets"
TRAINING = TrainingConfig(epochs=1, batch_size=32, learning_rate=0.01, accelerator="cpu")


def config(**sections):
    defaults = {
        "heads": ClassifyConfig(),
        "extraction": Conv1dConfig(features=(8,), epochs=1),
        "temporal": LstmConfig(hidden=8),
        "training": TRAINING,
        "run": RunConfig(threads=1),
    }
    return Config(**(defaults | sections))


def went_through(settings, project):
    """Run all stages that make predictions; every row passes the gate. Return the predictions."""
    (project / "data").mkdir(exist_ok=True)
    run("ingest", settings, project)
    with stage_folder(project / "data" / "validate") as out:
        shutil.copyfile(project / "data" / "ingest" / "table.parquet", out / "table.parquet")
    for stage in ("preprocess", "baseline", "extract", "analyze"):
        run(stage, settings, project)
    return pl.read_parquet(project / "data" / "analyze" / "predictions.parquet")


def rebuilt(project):
    """Return what a network answers that was rebuilt from its folder alone, and the reader of test."""
    net = load_model(project / "data" / "analyze")
    paths = Paths(project, project / "out", project / "reports", project / "checkpoints")
    (test,) = open_readers(paths, "test")
    with torch.inference_mode():
        answers = [
            net.head.decode(net(*batch.inputs)) for batch in Batches(test, Plan(seed=0, batch_size=64))
        ]
    return torch.cat(answers).numpy(), test


def meta(project):
    return json.loads((project / "data" / "preprocess" / "meta.json").read_text())


def shares(table):
    return table.select(pl.col("^probability_.*$")).to_numpy()


@pytest.fixture
def data():
    if not DATA.is_dir():
        pytest.skip("the folder of public data sets, ../shared/datasets, is not here")
    return DATA


@pytest.mark.real
@pytest.mark.parametrize("freeze", [False, True])
def test_posts_are_read_in_words_and_characters_with_what_is_known_of_them(data, tmp_path, freeze):
    settings = config(
        sources=CsvConfig(
            path=str(next((data / "social_media_sentiments").glob("*.csv"))),
            rows="samples",
            text="Text",
            target="Platform",
            channels=("Likes",),
            categories=("Country",),
        ),
        preprocessing=TextConfig(
            static=("Likes", "Country"),
            dimensions=8,
            second=SecondConfig(tokens="characters", longest=64, vectors="corpus", dimensions=8),
            split=SplitConfig(duplicates="ignore"),
        ),
        extraction=Conv1dConfig(features=(8,), epochs=1, freeze=freeze),
        model=ModelConfig(pooling="max"),
    )

    table = went_through(settings, tmp_path)

    told = meta(tmp_path)
    assert told["second"]["vocabulary"] < told["vocabulary"] and told["second"]["window"] == 64
    assert told["static"][0] == "Likes" and "Country=USA" in told["static"]
    answer, test = rebuilt(tmp_path)
    np.testing.assert_allclose(answer, shares(table), atol=1e-5)
    assert table["sample_id"].to_list() == test.ids.tolist()
    report = json.loads((tmp_path / "data" / "analyze" / "report.json").read_text())
    assert report["model"] == "cnn-lstm (conv1d, lstm, 2 streams, static)"


@pytest.mark.real
def test_prices_and_volume_are_streams_of_their_own(data, tmp_path):
    settings = config(
        sources=CsvConfig(
            path=str(data / "djia30_2006_2018" / "AAPL_2006-01-01_to_2018-01-01.csv"),
            time="Date",
            group="Name",
        ),
        preprocessing=WindowsConfig(window=32, gaps="ignore", changes="returns", direction="Close"),
        model=ModelConfig(streams=(("Open", "High", "Low", "Close"),)),
    )

    table = went_through(settings, tmp_path)

    assert set(table["prediction"]) <= {"up", "down"}
    answer, _ = rebuilt(tmp_path)
    np.testing.assert_allclose(answer, shares(table), atol=1e-5)
    net = load_model(tmp_path / "data" / "analyze")
    assert [chain.channels for chain in net.chains] == [(0, 1, 2, 3), (4,)]


def write_wards(path):
    """Write 150 series of noise, a patient each; who is ill is told by the ward alone."""
    random = np.random.default_rng(0)
    lines = ["who,day,value,age,ward,ill"]
    for who in range(150):
        age, ward = random.integers(20, 80), ("north", "south")[who % 2]
        told = "" if who % 10 == 0 else age
        lines += [
            f"p{who:03},2020-01-{day + 1:02},{random.normal():.3f},{told},{ward},{'yes' if who % 2 else 'no'}"
            for day in range(random.integers(4, 9))
        ]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("freeze", [False, True])
def test_what_only_a_static_column_tells_is_learnt(tmp_path, freeze):
    write_wards(tmp_path / "wards.csv")
    settings = config(
        sources=CsvConfig(
            path="wards.csv",
            time="day",
            group="who",
            target="ill",
            channels=("value", "age"),
            categories=("ward",),
        ),
        preprocessing=WholeConfig(static=("age", "ward")),
        extraction=Conv1dConfig(features=(8,), epochs=1, freeze=freeze),
        training=TRAINING.model_copy(update={"epochs": 30, "batch_size": 16, "patience": 0}),
    )

    table = went_through(settings, tmp_path)

    assert meta(tmp_path)["channels"] == ["value"]
    assert meta(tmp_path)["static"] == ["age", "age measured", "ward=north", "ward=south"]
    rival = pl.read_parquet(tmp_path / "data" / "baseline" / "logistic.parquet")
    for answers in (table, rival):
        assert (
            answers["target"] == answers["prediction"]
        ).mean() > 0.9  # the series are noise: 0.5 without it
