"""Shortened versions of recipes: enough to catch a break, not the numbers of docs/results.md."""

import gzip
import json
import struct
import sys

import pytest

from pipeline.params import params_text
from pipeline.quality.propose import propose_suite
from pipeline.recipes.read import read_recipe
from pipeline.sources.build import build_source
from pipeline.stages.run import STAGES
from tests.recipes.test_recipes import config_of
from tests.whole.conftest import Whole

pytestmark = pytest.mark.real
SHORT = {"epochs": 2, "batch_size": 32}


def part_of_mnist(source, folder, *, train=6000, test=1000):
    """Write the first images of each part as IDX files."""
    folder.mkdir(parents=True)
    for prefix, count in (("train", train), ("t10k", test)):
        for kind, dimensions, size in (("images-idx3", 3, 784), ("labels-idx1", 1, 1)):
            content = gzip.decompress((source / f"{prefix}-{kind}-ubyte.gz").read_bytes())
            header = content[:4] + struct.pack(">I", count) + content[8 : 4 + 4 * dimensions]
            body = content[4 + 4 * dimensions :][: count * size]
            (folder / f"{prefix}-{kind}-ubyte").write_bytes(header + body)


def scores(project, name, data):
    """Run every stage of the shortened experiment and return its metrics."""
    config = config_of(name, next(iter(read_recipe(name).protocols)), "small", data=str(data))
    config = config.model_copy(update={"training": config.training.model_copy(update=SHORT)})
    project.mkdir()
    (project / "params.yaml").write_text(params_text(config))
    (project / "quality.yaml").write_text(propose_suite(build_source(config.sources, project).read()))
    whole = Whole(project)
    for stage in STAGES:
        whole.call(sys.executable, "-m", "pipeline", stage)
    return json.loads((project / "data" / "evaluate" / "metrics.json").read_text())


@pytest.mark.parametrize("name", ["lstm-cnn-mnist", "lstm-cnn-mnist-3"])
def test_a_tenth_of_mnist_is_learnt_in_two_epochs(name, data, tmp_path):
    part_of_mnist(data / "mnist", tmp_path / "data" / "mnist")

    metrics = scores(tmp_path / "project", name, tmp_path / "data" / "mnist")

    assert metrics["test/accuracy"] > metrics["baseline/logistic/accuracy"]


def test_ett_is_forecast_better_than_by_its_seasons_and_the_floor_is_the_published_one(data, tmp_path):
    metrics = scores(tmp_path / "project", "etth1-96", data / "ett")

    assert metrics["baseline/last_value/mse"] == pytest.approx(1.295, rel=1e-3)
    assert metrics["baseline/last_value/mae"] == pytest.approx(0.713, rel=1e-3)
    assert metrics["test/mse"] < metrics["baseline/seasonal_mean/mse"]
