"""A comparison as a user runs it: trained once, kept, told in the terminal, as a page and in Prefect's history."""

import json
import shutil
import sqlite3
import sys
from contextlib import closing

import pytest

from flows.runs.record import records

PLAN = """
version: 1
about: two orders
ablations: false
candidates:
  hot: {settings: {training.learning_rate: 1.0e+30}}
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


def test_who_does_not_take_part_is_told_as_soon_as_it_is_known(compared):
    first, *later = (
        compared.printed.index(text)
        for text in (
            "left out  lstm",
            "▸ own  3 trainings to do\n",
            "left out  hot: train/loss",
            "▸ cnn  1 training to do, some ",
        )
    )

    assert first < later[0] < later[1] < later[2]


def test_the_leaderboard_is_in_prefect_s_history(compared):
    with closing(sqlite3.connect(compared.folder / ".convoy" / "prefect.db")) as history:
        keys = {key for (key,) in history.execute("select key from artifact")}

    assert {"project-leaderboard", "project-comparison", "project-progress", "project-training"} <= keys


def test_a_second_comparison_trains_nothing_and_says_the_same(compared):
    printed = compared.call("convoy", "compare")

    assert "3 trainings, 2 of them done before" in printed
    first, second = (json.loads(path.read_text()) for path in boards(compared)[-2:])
    assert second == first


def test_a_comparison_leaves_the_results_of_the_pipeline_alone(compared, ran):
    assert compared.manifests() == ran.manifests()


@pytest.fixture(scope="module")
def pooled(ran, tmp_path_factory):
    """The project divided into three folds, after a comparison over two of them."""
    project = ran.copy(tmp_path_factory.mktemp("pooled") / "project")
    (project.folder / "compare.yaml").write_text("version: 1\nablations: false\nfolds: [0, 1]\n")
    program = "import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), {!r})"
    split = ["preprocessing.split.kind=folds", "preprocessing.split.folds=3", "training.epochs=1"]
    project.call(sys.executable, "-c", program.format(split))
    project.printed = project.call("convoy", "compare")
    return project


def test_folds_are_trained_in_their_turn_and_judged_as_one_pool(pooled):
    board = json.loads(boards(pooled)[-1].read_text())

    assert "✓ fold 2 of 3" in pooled.printed and "✓ own, fold 2 of 3" in pooled.printed
    assert board["folds"] == ["fold 1 of 3", "fold 2 of 3"]
    assert board["counts"]["test"] == 1198
    assert all(len(line["fold_scores"]) == 2 for line in board["lines"])
    assert {"own", "logistic", "majority"} <= {line["name"] for line in board["lines"]}


def test_a_pool_goes_on_where_it_stopped(pooled):
    kept = sorted(pooled.folder.glob(".convoy/trainings/*/data/analyze"))
    shutil.rmtree(kept[0])

    printed = pooled.call("convoy", "compare")

    assert "2 trainings, 1 of them done before" in printed
    first, second = (json.loads(path.read_text()) for path in boards(pooled)[-2:])
    for board in (first, second):  # what was trained anew took its own time
        for line in board["lines"]:
            for cost in ("train_seconds", "predict_seconds", "trained_per_second", "predicted_per_second"):
                line.pop(cost)
    assert second == first


def test_folds_of_a_split_without_any_are_one_sentence_before_anything_starts(compared):
    (compared.folder / "pool.yaml").write_text("folds: all\n")

    printed = compared.call("convoy", "compare", "pool.yaml", code=2)

    assert printed.startswith(
        "error: the plan pools folds=all, and preprocessing.split.kind=stratified has none"
    )


def test_a_plan_that_is_not_there_is_one_sentence_before_anything_starts(compared):
    printed = compared.call("convoy", "compare", "rivls", code=2)

    assert printed.strip() == "error: there is neither a preset nor a file rivls; did you mean rivals?"


def test_a_comparison_is_not_the_project_s_last_run(compared):
    known = [record for _, record in records(compared.folder)]
    last = json.loads(compared.call("convoy", "status", "--json", code=None))["run"]

    assert "compare" in {record.flow for record in known}
    assert last["run"] in {record.run for record in known if record.flow == "retrain"}
