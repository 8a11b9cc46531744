"""A comparison as a user runs it: trained once, kept, told in the terminal, as a page and in Prefect's history."""

import json
import sqlite3
from contextlib import closing

import pytest

PLAN = """
version: 1
about: two orders
ablations: false
candidates:
  cnn: {role: rival, settings: {model.order: cnn, model.pooling: mean}}
  lstm: {role: ablation, settings: {model.order: lstm}}
  pair: {members: {own: 1, cnn: 1}}
"""


@pytest.fixture(scope="module")
def compared(ran, tmp_path_factory):
    """The project after one comparison."""
    project = ran.copy(tmp_path_factory.mktemp("compared") / "project")
    (project.folder / "compare.yaml").write_text(PLAN)
    project.printed = project.call("convoy", "compare")
    return project


def boards(project):
    return sorted(project.folder.glob("reports/*/leaderboard.json"))


def test_everybody_stands_in_the_leaderboard_and_who_cannot_is_told_with_the_reason(compared):
    board = json.loads(boards(compared)[-1].read_text())

    assert {"own", "cnn", "pair", "logistic", "majority"} <= {line["name"] for line in board["lines"]}
    assert "a single step" in board["left_out"]["lstm"]
    for told in ("pair", "logistic", "left out  lstm", board["verdict"]["headline"], "leaderboard.html"):
        assert told in compared.printed


def test_the_leaderboard_is_in_prefect_s_history(compared):
    with closing(sqlite3.connect(compared.folder / ".convoy" / "prefect.db")) as history:
        keys = {key for (key,) in history.execute("select key from artifact")}

    assert {"leaderboard", "comparison"} <= keys


def test_a_second_comparison_trains_nothing_and_says_the_same(compared):
    printed = compared.call("convoy", "compare")

    assert "2 trainings, 2 of them done before" in printed
    first, second = (json.loads(path.read_text()) for path in boards(compared)[-2:])
    assert second == first


def test_a_comparison_leaves_the_results_of_the_pipeline_alone(compared, ran):
    assert compared.manifests() == ran.manifests()


def test_a_plan_that_is_not_there_is_one_sentence_before_anything_starts(compared):
    printed = compared.call("convoy", "compare", "rivls", code=2)

    assert printed.strip() == "error: there is neither a preset nor a file rivls; did you mean rivals?"
