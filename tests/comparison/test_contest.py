import json

import numpy as np
import polars as pl
import pytest

from pipeline.comparison.board import leaderboard
from pipeline.comparison.contest import FOLDS, Contest
from pipeline.comparison.page import board_html
from pipeline.comparison.plan import parsed_plan
from pipeline.foundation.errors import IntegrityError
from tests.comparison.conftest import train

PLAN = {
    "ablations": False,
    "candidates": {
        "cnn": {"role": "rival", "settings": {"model.order": "cnn", "model.pooling": "mean"}},
        "lstm": {"role": "ablation", "settings": {"model.order": "lstm"}},
        "pair": {"members": {"own": 2}},
    },
}


STACK = {
    "ablations": False,
    "candidates": {
        "cnn": PLAN["candidates"]["cnn"],
        "stack": {"members": {"own": 1, "cnn": 1}, "combine": "stacked"},
    },
}


@pytest.fixture
def contest(digits, config):
    return Contest.of(digits, config, parsed_plan(PLAN, "compare.yaml"))


def test_a_candidate_that_cannot_read_the_data_is_left_out_with_the_reason(contest):
    assert "preprocessing.frames=whole is a single step" in contest.field.left_out["lstm"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"heads.kind": "regress"}, "heads.kind=regress cannot differ between candidates"),
        (
            {"temporal": "lstm", "temporal.hidden": 5},
            "temporal=lstm is a single value, and temporal.hidden is",
        ),
        ({"training.learning_rate": float("inf")}, "training.learning_rate=inf is not allowed"),
    ],
)
def test_a_candidate_that_could_not_be_trained_is_left_out_before_anything_is(
    settings, reason, digits, config
):
    plan = parsed_plan({"ablations": False, "candidates": {"a": {"settings": settings}}}, "compare.yaml")

    contest = Contest.of(digits, config, plan)

    assert reason in contest.field.left_out["a"]
    assert [training.name for training in contest.trainings()] == ["own"]


def test_a_training_is_wanted_once_however_many_take_part_with_it(contest):
    names = [training.name for training in contest.trainings()]

    assert names == ["own", "cnn", "own, seed 1"]


def test_other_settings_data_or_seeds_are_other_trainings(contest, digits, config):
    folders = {training.folder for training in contest.trainings()}
    longer = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 3})})
    other = Contest.of(digits, longer, parsed_plan(PLAN, "compare.yaml"))

    assert not folders & {training.folder for training in other.trainings()}
    assert folders == {training.folder for training in contest.trainings()}


def test_the_leaderboard_has_everybody_with_what_it_costs(contest, config, tmp_path):
    for training in contest.trainings():
        if not training.is_done:
            train(training)
    assert all(training.is_done for training in contest.trainings())

    board = leaderboard(contest.entries(), contest.project, config, left_out=contest.field.left_out)

    lines = {line.name: line for line in board.lines}
    assert set(lines) == {"own", "cnn", "pair", "logistic", "majority"}
    assert board.chosen == "own"  # the committee has no score on val
    assert lines["own"].train_seconds > 0 and lines["own"].trained_per_second > 0
    assert lines["pair"].parameters == 2 * lines["own"].parameters
    scores = [line.scores["accuracy"] for line in board.lines]
    assert scores == sorted(scores, reverse=True)
    assert board.lines[0].behind_interval is None
    assert lines["majority"].behind_interval[0] > 0
    page = board_html(board, "<digits>")
    assert "&lt;digits&gt;" in page and "lstm" in page
    assert json.loads(board.model_dump_json())["left_out"]


def test_a_repeated_comparison_trains_nothing(contest):
    for training in contest.trainings():
        if not training.is_done:
            train(training)
    before = {training.folder: training.predictions.stat().st_mtime_ns for training in contest.trainings()}

    again = {training.folder: training.predictions.stat().st_mtime_ns for training in contest.trainings()}

    assert again == before
    assert all(training.is_done for training in contest.trainings())


def test_judging_what_was_not_trained_is_told_in_a_sentence(digits, config):
    changed = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 7})})
    contest = Contest.of(digits, changed, parsed_plan(PLAN, "compare.yaml"))

    with pytest.raises(IntegrityError, match="own has not been trained with these data, settings and code"):
        contest.entries()


def test_answers_that_changed_after_the_training_are_told_with_what_to_do(digits, config):
    other = config.model_copy(update={"run": config.run.model_copy(update={"seed": 11})})
    contest = Contest.of(digits, other, parsed_plan({"ablations": False}, "compare.yaml"))
    [own] = contest.trainings()
    train(own)
    own.predictions.write_bytes(own.predictions.read_bytes()[:200])

    with pytest.raises(
        IntegrityError, match=f"the answers of own in .*{own.folder.name} are not .* remove that folder"
    ):
        contest.entries()


def test_whoever_could_not_be_trained_is_left_out_with_the_committees_of_it(digits, config):
    contest = Contest.of(digits, config, parsed_plan(STACK, "compare.yaml"))

    without = contest.without({"cnn": "the loss is no number"})

    assert without.field.left_out["cnn"] == "the loss is no number"
    assert without.field.left_out["stack"] == "its member cnn could not be trained"
    assert [training.name for training in without.trainings()] == ["own"]


def test_a_stack_is_fitted_to_answers_of_trainings_that_had_not_seen_the_sample(digits, config):
    contest = Contest.of(digits, config, parsed_plan(STACK, "compare.yaml"))
    trainings = contest.trainings()
    for training in trainings:
        if not training.is_done:
            train(training)

    entries = {entry.name: entry for entry in contest.entries()}
    stack = entries["stack"]

    assert len(trainings) == 2 * (1 + FOLDS)
    for name in ("own", "cnn"):
        answered = []
        for training in trainings:
            if training.candidate == name and training.data != contest.data:
                found = ids_of(training.predictions)
                assert not set(found) & set(np.load(training.data / "ids_train.npy"))
                answered += found
        assert sorted(answered) == sorted(np.load(contest.data / "ids_train.npy"))
    assert ids_of(stack.predictions[0][0]) == list(np.load(contest.data / "ids_test.npy"))
    answer = pl.read_parquet(stack.predictions[0][0])
    sums = answer.select(pl.sum_horizontal(pl.col("^probability_.*$"))).to_series().to_numpy()
    assert sums == pytest.approx(1.0, abs=1e-5)
    alone = sum(entries[name].times[0].trained for name in ("own", "cnn"))
    assert (
        stack.times[0].trained > (FOLDS - 1) * alone
    )  # each part but one, FOLDS times, and the members themselves
    assert stack.times[0].predicted == entries["own"].times[0].predicted


def ids_of(predictions):
    return pl.read_parquet(predictions)["sample_id"].to_list()
