"""The two verdicts of a run, as Prefect's UI shows them."""

import json
from typing import get_args

import pytest

from flows.programs.processes import identity
from flows.runs.record import Record, StageRun
from flows.showing.keys import key_of
from flows.showing.verdicts import WORTH, evaluation_told, validation_told
from pipeline.evaluation.verdict import Outcome


def record(outcome, message=""):
    return Record(
        "20260101-a", identity(), "project", "id", message=message, stages=(StageRun("validate", outcome),)
    )


def write(project, stage, content):
    path = project / "data" / stage / "report.json"
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def test_every_outcome_says_whether_the_hybrid_is_worth_it():
    assert set(WORTH) == set(get_args(Outcome))


def test_the_verdict_on_the_model_stands_on_its_card(tmp_path):
    verdict = {
        "outcome": "loses",
        "headline": "cnn-lstm loses to logistic",
        "evidence": "0.7 against 0.8",
        "rival": "logistic",
    }
    write(tmp_path, "evaluate", {"summary": "", "verdict": verdict})

    told = evaluation_told(tmp_path)

    assert told.line == "Not worth it: cnn-lstm loses to logistic"
    assert "0.7 against 0.8" in told.markdown


def test_data_that_passed_and_what_was_only_warned_of(tmp_path):
    write(
        tmp_path, "validate", {"summary": "90 of 100 rows passed", "warned": ["rows.range (quality.yaml:3)"]}
    )

    told = validation_told(tmp_path, record("ran"))

    assert told.line == "Passed with 1 warning: 90 of 100 rows passed"
    assert "- rows.range (quality.yaml:3)" in told.markdown


def test_data_that_were_refused_say_why_in_one_line_and_where_to_look(tmp_path):
    told = validation_told(tmp_path, record("failed", "validate: quality.yaml does not hold\ncolumn a"))

    assert told.line == "Stopped: validate: quality.yaml does not hold column a"
    assert "reports/20260101-a/data_docs/index.html" in told.markdown


@pytest.mark.parametrize("outcome", ["not run", "stopped"])
def test_where_nothing_was_judged_there_is_no_verdict(tmp_path, outcome):
    assert validation_told(tmp_path, record(outcome)) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"verdict": 3}', "\x00"])
def test_a_damaged_report_is_no_verdict_and_no_error(tmp_path, content):
    write(tmp_path, "evaluate", content)

    assert evaluation_told(tmp_path) is None


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("Power & light", "power-light-drift"), ("größe", "gr-e-drift"), ("日本", "project-drift"),
        ("x" * 200, "x" * 60 + "-drift"),
    ],
)  # fmt: skip
def test_a_key_is_what_prefect_allows_whatever_the_folder_is_called(tmp_path, folder, key):
    assert key_of(tmp_path / folder, "drift") == key
