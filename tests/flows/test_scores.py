"""The metrics beside the baselines."""

import json

import pytest

from flows.scores import read_scores
from flows.terminal import aligned


@pytest.fixture
def project(tmp_path):
    def write(metrics, **report):
        folder = tmp_path / "data" / "evaluate"
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(metrics))
        (folder / "report.json").write_text(json.dumps(report))
        return tmp_path

    return write


def test_the_model_stands_beside_its_baselines_the_best_first(project):
    metrics = {
        "test/mse": 0.37,
        "baseline/last_value/mse": 1.295,
        "baseline/nlinear/mse": 0.4,
        "test/margin": 0.03,
    }
    board = [{"name": name} for name in ("hybrid", "nlinear", "last_value")]

    scores = read_scores(project(metrics, summary="better than NLinear", leaderboard=board))

    assert scores is not None
    assert scores.verdict == "better than NLinear"
    assert scores.metrics == ("mse",)
    assert scores.cells() == [["this model", "0.37"], ["nlinear", "0.4"], ["last_value", "1.295"]]


def test_an_interval_stands_behind_its_value(project):
    metrics = {"test/accuracy": 0.98, "test/accuracy_low": 0.96, "test/accuracy_high": 0.99}
    metrics |= {"baseline/majority/accuracy": 0.1}

    scores = read_scores(project(metrics))

    assert scores is not None
    assert scores.header() == ["", "accuracy", "interval"]
    assert scores.cells() == [["this model", "0.98", "0.96 to 0.99"], ["majority", "0.1", ""]]


def test_markdown_cannot_be_broken_by_a_name(project):
    scores = read_scores(project({"test/mse": 1.0, "baseline/a|b/mse": 2.0}))

    assert scores is not None
    assert scores.markdown().splitlines()[-1] == "| a/b | 2 |"


def test_nothing_evaluated_is_no_error(tmp_path):
    assert read_scores(tmp_path) is None


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([["", "x"], ["name", "10.5"]]) == ["         x", "name  10.5"]
