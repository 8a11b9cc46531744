"""The leaderboard as evaluate wrote it."""

import json

import pytest

from flows.showing.scores import read_scores
from flows.showing.terminal import aligned


def line(name, mse, role="rival", margin=None):
    return {
        "name": name, "role": role, "scores": {"mse": mse, "r2": 0.5}, "intervals": {"mse": [mse - 0.1, mse + 0.1]},
        "margin": margin, "margin_interval": None if margin is None else [margin - 0.02, margin + 0.02],
    }  # fmt: skip


@pytest.fixture
def project(tmp_path):
    def write(*lines):
        folder = tmp_path / "data" / "evaluate"
        folder.mkdir(parents=True)
        report = {"summary": "worse than the season", "leaderboard": lines}
        (folder / "report.json").write_text(json.dumps(report))
        return tmp_path

    return write


def test_the_model_is_marked_where_it_stands_also_behind_a_baseline(project):
    scores = read_scores(project(line("season", 0.4, margin=-0.1), line("hybrid", 0.5, role="model")))

    assert scores is not None
    assert scores.verdict == "worse than the season"
    assert list(scores.header) == ["", "mse", "interval", "behind by"]
    assert scores.rows == [
        ["  season", "0.4", "0.3 to 0.5", "-0.1  (-0.12 to -0.08)"],
        ["▸ hybrid", "0.5", "0.4 to 0.6", ""],
    ]


def test_markdown_is_a_table_that_no_name_can_break(project):
    scores = read_scores(project(line("a|b", 2.0, role="model")))

    assert scores is not None
    table = scores.markdown().splitlines()[2:]
    assert {row.count("|") for row in table} == {len(scores.header) + 1}
    assert "a/b" in table[-1]


def test_nothing_evaluated_is_no_error(tmp_path):
    assert read_scores(tmp_path) is None


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([["", "x"], ["name", "10.5"]]) == ["         x", "name  10.5"]
