"""All folds are judged as one: every sample once, beside floors and rivals that were fitted on the same folds."""

import json

import numpy as np
import polars as pl
import pytest

from pipeline.comparison.contest import Contest
from pipeline.comparison.hearing import Entry, Hearing
from pipeline.comparison.page import board_html
from pipeline.comparison.plan import parsed_plan, plan_text
from pipeline.comparison.pool import pooled, pooled_board
from pipeline.comparison.turns import turns_of
from pipeline.config import Config
from pipeline.evaluation.division import Division
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.table import write_table
from pipeline.leakage.findings import Finding, Findings
from tests.comparison.conftest import call, train

PLAN = {
    "ablations": False,
    "folds": "all",
    "candidates": {
        "cnn": {"role": "rival", "settings": {"model.order": "cnn", "model.pooling": "mean"}},
        "pair": {"members": {"own": 1, "cnn": 1}},
    },
}


@pytest.fixture(scope="module")
def hearings(folded):
    """Return every fold of the digits with all its trainings done."""
    from tests.comparison.conftest import BRIEF, FOLDS

    plan, config = parsed_plan(PLAN, "compare.yaml"), Config.model_validate(BRIEF | FOLDS)
    found = {}
    for turn in turns_of(folded, config, plan):
        if not turn.is_done:
            turn.prepare()
            call(turn.project, "turn")
        contest = Contest.in_turn(turn, plan)
        for training in contest.trainings():
            if not training.is_done:
                train(training)
            assert training.folder.parent == folded / ".convoy" / "trainings"
        found[turn.name] = contest.hearing()
    return found


def test_everybody_is_judged_on_all_samples_each_answered_once(hearings, in_folds):
    board = pooled_board(hearings, in_folds)

    assert {line.name for line in board.lines} == {"own", "cnn", "pair", "logistic", "majority"}
    assert board.counts["test"] == 1797 and board.seeds == 1
    assert "on 1,797 test samples" in board.verdict.sentence
    assert board.folds == ("fold 1 of 3", "fold 2 of 3", "fold 3 of 3")


def test_the_score_of_the_pool_is_the_mean_of_the_folds_weighed_by_their_size(hearings, in_folds):
    sizes = [each.division.counts["test"] for each in hearings.values()]

    board = pooled_board(hearings, in_folds)

    for line in board.lines:
        assert line.scores["accuracy"] == pytest.approx(np.average(line.fold_scores, weights=sizes))
        assert line.intervals["accuracy"][0] < line.scores["accuracy"] < line.intervals["accuracy"][1]


def test_the_hybrid_is_chosen_by_val_of_all_folds(hearings):
    own = next(entry for entry in pooled(hearings).entries if entry.name == "own")

    assert len(own.val) == 3
    assert [len(paths) for paths in own.predictions] == [3]


def test_the_page_shows_every_fold(hearings, in_folds):
    page = board_html(pooled_board(hearings, in_folds), "digits")

    assert "the same pool of 3 folds (fold 1 of 3, fold 2 of 3, fold 3 of 3)" in page
    assert page.count(" · ") >= 10


@pytest.fixture
def hearing(tmp_path):
    """Return what makes a hearing of a single model from its answers."""

    def of(ids, targets, *, group=None, shares=None, severity="none", left_out=None):
        names = sorted({*targets, "a", "b"}) if shares is None else sorted(shares)
        table = pl.DataFrame({"sample_id": ids, "group": [group] * len(ids), "target": targets}).with_columns(
            pl.lit(None, pl.Datetime("us")).alias("time"), pl.lit(0).alias("step"), prediction=pl.lit(names[0]),
            **{f"probability_{name}": pl.lit(1 / len(names), pl.Float32) for name in names},
        )  # fmt: skip
        path = tmp_path / f"{ids[0]}-{len(ids)}-{group}-{len(names)}.parquet"
        write_table(table, path)
        finding = Finding(check="copies", severity=severity, sentence="as it is")
        return Hearing(
            entries=[
                Entry("own", "model", "", [[path]], val=[0.5]),
                Entry("majority", "floor", "", [[path]]),
            ],
            head="classify",
            overlap=1,
            scale={},
            left_out=left_out or {},
            division=Division("leave_one_out", {"train": 10, "val": 4, "test": len(ids)}),
            findings=Findings(findings=(finding,)),
        )

    return of


def test_a_sample_that_two_folds_test_is_refused(hearing):
    folds = {"first": hearing([1, 2], ["a", "b"]), "second": hearing([2, 3], ["a", "b"])}

    with pytest.raises(
        DataError, match=r"1 samples, such as sample_id 2, are tested in second and in a fold before"
    ):
        pooled(folds)


def test_groups_are_what_is_resampled_where_each_was_tested(hearing, in_folds):
    def folds(count):
        return {
            f"speaker {number}": hearing(
                list(range(10 * number, 10 * number + 10)), ["a", "b"] * 5, group=f"speaker {number}"
            )
            for number in range(count)
        }

    assert pooled_board(folds(6), in_folds).how == "6 whole groups"
    assert pooled_board(folds(2), in_folds).shortage == "there are 2 independent groups"


def test_a_class_that_one_fold_does_not_know_has_no_probability_there(hearing, in_folds):
    folds = {
        "first": hearing([0, 1, 2, 3, 4], ["a", "b", "a", "b", "a"], shares=("a", "b")),
        "second": hearing([5, 6, 7, 8, 9], ["a", "c", "a", "c", "a"], shares=("a", "c")),
    }

    board = pooled_board(folds, in_folds)

    assert board.lines[0].scores["accuracy"] == pytest.approx(0.6)
    assert board.lines[0].scores["log_loss"] == pytest.approx(np.log(2.0))


def test_whoever_is_left_out_of_a_fold_is_left_out_with_the_fold_and_the_reason(hearing):
    first, second = (
        hearing([1, 2], ["a", "b"]),
        hearing([3, 4], ["a", "b"], left_out={"majority": "too dear"}),
    )
    second.entries.pop()

    found = pooled({"first": first, "second": second})

    assert [entry.name for entry in found.entries] == ["own"]
    assert found.left_out == {"majority": "second: too dear"}


def test_a_check_of_the_audit_counts_by_its_worst_fold(hearing, in_folds):
    folds = {
        "first": hearing([1, 2, 3, 4, 5], ["a", "b"] * 2 + ["a"], severity="note"),
        "second": hearing([6, 7, 8, 9], ["a", "b"] * 2, severity="leak"),
    }

    board = pooled_board(folds, in_folds)

    assert board.audit == {"leak": 1}
    assert board.counts == {"train": 10, "val": 4, "test": 9}


@pytest.mark.parametrize("folds", ["[0, 0]", "some", "[]", "-1"])
def test_folds_that_are_none_are_one_sentence(folds):
    with pytest.raises(ConfigError):
        parsed_plan({"folds": json.loads(folds) if folds != "some" else folds}, "compare.yaml")


@pytest.mark.parametrize("folds", ["one", "all", [0, 2]])
def test_a_written_plan_says_which_folds(folds, tmp_path):
    from ruamel.yaml import YAML

    plan = parsed_plan({"folds": folds}, "compare.yaml")

    assert parsed_plan(YAML(typ="safe").load(plan_text(plan)), "compare.yaml") == plan
