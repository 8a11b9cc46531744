"""With CONVOY_LOG=json every line on standard error is one object, and standard output is what it was."""

import json
import re

import pytest

from flows.showing.outbox import VARIABLE

FIXED = ["time", "level", "run", "stage", "event", "message"]
LEVELS = {"debug", "info", "warning", "error", "critical"}


@pytest.fixture
def logged(elsewhere):
    """Return the project with JSON asked for."""
    elsewhere.environment["CONVOY_LOG"] = "json"
    return elsewhere


def objects(result):
    """Return the lines of standard error, each checked against the table of docs/monitoring.md."""
    told = [json.loads(line) for line in result.stderr.splitlines()]
    for each in told:
        assert list(each)[: len(FIXED)] == FIXED
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", each["time"])
        assert each["level"] in LEVELS
        assert isinstance(each["event"], str) and isinstance(each["message"], str)
        assert not any(isinstance(value, dict | list) for value in each.values())
    return told


@pytest.mark.e2e
def test_a_run_tells_its_stages_and_a_person_sees_what_they_saw_before(logged):
    result = logged.convoy("run")

    told = objects(result)
    assert told[0]["event"] == "run_begins"
    assert (told[-1]["event"], told[-1]["exit_code"]) == ("run_ends", 0)
    assert {each["run"] for each in told} == {logged.record()["run"]}
    ends = [each for each in told if each["event"] == "stage_ends"]
    assert {each["stage"] for each in ends} == {"first", "left", "right", "last"}
    assert all(each["outcome"] == "ran" and each["seconds"] > 0 for each in ends)
    assert ("first", "first works") in [(each["stage"], each["message"]) for each in told]
    assert "✓ first" in result.stdout
    assert "{" not in result.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("words", [("run",), ("run", "--debug"), ("stage", "first"), ("compare",)])
def test_whatever_fails_every_line_is_an_object_and_the_last_one_says_why(logged, words):
    logged.behave("first", exit=3)

    result = logged.convoy(*words)

    last = objects(result)[-1]
    assert result.returncode
    assert (last["event"], last["level"], last["exit_code"]) == ("error", "error", result.returncode)
    assert last["message"]
    assert "Traceback" not in result.stderr


@pytest.mark.e2e
def test_news_that_nobody_hears_are_a_warning_among_the_objects(logged):
    logged.environment[VARIABLE] = "json://127.0.0.1:9/x nonsense"
    logged.behave("first", exit=3)

    told = objects(logged.convoy("run"))

    [warning] = [each for each in told if "not told to 2 addresses" in each["message"]]
    assert (warning["event"], warning["level"]) == ("log", "warning")


@pytest.mark.parametrize("kind", ["xml", "JSON", "json "])
def test_another_kind_is_refused_before_anything_runs(mini, kind):
    mini.environment["CONVOY_LOG"] = kind

    result = mini.convoy("run")

    assert result.returncode == 2
    assert result.stderr == f"error: CONVOY_LOG={kind} is unknown; it is json, or not set at all\n"
    assert mini.trace("begins") == []
