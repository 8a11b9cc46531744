"""Drift that is told starts one retrain, with the margin of drift, and no loop."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from flows.schedules.on_drift import automation_name
from flows.schedules.schedule import Schedule, interval_of
from flows.schedules.unit import unit_text
from flows.schedules.wishes import Wishes
from flows.watching.asking import DELAY
from pipeline.foundation.errors import ConfigError
from tests.flows import api
from tests.flows.conftest import wait_until
from tests.flows.schedules.serving import begin, end, journal

TELL = """
import pathlib, sys
from flows.watching.heard import heard
from flows.watching.history import Entry
entry = Entry(kind="predict", model="v1.0.0", data=sys.argv[1], name="new.csv", rows=100, drift=True, tests=3)
print(heard(pathlib.Path.cwd(), entry, "drift in 1 of 3 columns").told)
"""
"""What `convoy predict` does once its comparison is written; the stages of this project are no models."""


def serve(mini, *words):
    """Serve the project once a day."""
    return begin(mini, "--every", "1d", "--no-promote", *words, environment={"CONVOY_LOG": "json"})


def tell(mini, data):
    """Tell drift from another process, as a person who predicts does, and return whether a server heard it."""
    done = subprocess.run(
        [sys.executable, "-c", TELL, data],
        cwd=mini.folder,
        env=mini.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] == "True"


def asked(mini, query):
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        return database.execute(query).fetchall()


def retrains(mini):
    """Return the states of the runs that drift asked for."""
    rows = asked(mini, "select state_name, parameters from flow_run")
    return [state for state, parameters in rows if json.loads(parameters).get("drift")]


@pytest.mark.e2e
def test_drift_starts_one_retrain_and_neither_a_second_event_nor_the_retrain_itself_starts_another(done):
    mini = done
    assert not tell(mini, "nobody listens")
    with serve(mini, "--retrain-on-drift", "1h", "--name", "watched") as process:
        try:
            wait_until(lambda: asked(mini, "select 1 from automation"))
            assert tell(mini, "first")
            wait_until(lambda: retrains(mini) == ["Completed"])
            assert not tell(mini, "first"), "the same data beside the same model are told once"
            assert tell(mini, "second"), "the event is told, and the automation rests"
            time.sleep(DELAY.total_seconds() + 5.0)
            assert retrains(mini) == ["Completed"]
        finally:
            told = journal(end(process))
    assert [each["event"] for each in told] == ["run_begins", "run_ends"]
    names = [name for (name,) in asked(mini, "select name from automation")]
    assert names == [automation_name("watched")]


def begin_retrain(mini):
    """Let a retrain of the deployment begin that drift has not asked for."""
    url = json.loads((mini.folder / ".convoy" / "server.json").read_text())["url"]
    found = api.get(f"{url}/deployments/name/retrain/watched")["id"]
    api.post(f"{url}/deployments/{found}/create_flow_run", {"name": "plain"})


def unanswered(mini):
    return json.loads((mini.folder / ".convoy" / "drift" / "unanswered.json").read_text())["found"]


@pytest.mark.e2e
def test_drift_that_is_told_while_a_retrain_is_under_way_is_answered_by_one_retrain_after_it(done):
    mini = done
    mini.behave("first", sleep=45, once=True)
    mini.touch("first")
    with serve(mini, "--retrain-on-drift", "30s", "--name", "watched") as process:
        try:
            wait_until(lambda: asked(mini, "select 1 from automation"))
            begin_retrain(mini)
            mini.pid_of("first")
            assert tell(mini, "first")
            assert tell(mini, "second")
            wait_until(lambda: retrains(mini) == ["Cancelled"])
            assert unanswered(mini) is not None
            wait_until(lambda: sorted(retrains(mini)) == ["Cancelled", "Completed"])
            time.sleep(DELAY.total_seconds() + 5.0)
        finally:
            end(process)
    assert sorted(retrains(mini)) == ["Cancelled", "Completed"]
    assert unanswered(mini) is None


@pytest.mark.e2e
def test_drift_is_not_forgotten_where_the_schedule_is_killed_with_the_retrain_that_it_came_during(done):
    mini = done
    mini.behave("first", sleep=120, once=True)
    mini.touch("first")
    words = ("--retrain-on-drift", "1h", "--name", "watched")
    with serve(mini, *words) as process:
        wait_until(lambda: asked(mini, "select 1 from automation"))
        begin_retrain(mini)
        mini.pid_of("first")
        assert tell(mini, "first")
        wait_until(lambda: retrains(mini) == ["Cancelled"])
        os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: not mini.processes(), seconds=20)

    with serve(mini, *words) as process:
        try:
            wait_until(lambda: sorted(retrains(mini)) == ["Cancelled", "Completed"])
        finally:
            end(process)
    assert unanswered(mini) is None


@pytest.mark.e2e
def test_a_retrain_that_began_after_the_drift_was_found_has_answered_it(done):
    mini = done
    with serve(mini, "--retrain-on-drift", "1h", "--name", "watched") as process:
        try:
            wait_until(lambda: asked(mini, "select 1 from automation"))
            assert tell(mini, "first")
            begin_retrain(mini)
            wait_until(lambda: retrains(mini) == ["Cancelled"])
            wait_until(lambda: unanswered(mini) is None)
            time.sleep(DELAY.total_seconds() + 5.0)
        finally:
            end(process)
    assert retrains(mini) == ["Cancelled"]
    assert [state for state, _ in mini.history()].count("Completed") == 1


@pytest.mark.e2e
def test_a_schedule_without_it_removes_the_automation_of_an_earlier_one(mini):
    for words, wanted in ((["--retrain-on-drift", "6h"], 1), ([], 0)):
        with serve(mini, "--name", "watched", *words) as process:
            try:
                wait_until(lambda wanted=wanted: len(asked(mini, "select 1 from automation")) == wanted)
                wait_until(lambda: asked(mini, "select 1 from flow_run"))
            finally:
                end(process)
        assert len(asked(mini, "select 1 from automation")) == wanted


def test_a_pause_that_is_none_is_told_under_its_own_name():
    with pytest.raises(ConfigError, match="--retrain-on-drift soon is no time"):
        interval_of("soon", "--retrain-on-drift")


def test_a_unit_and_the_first_line_say_it(tmp_path):
    schedule = Schedule("0 3 * * *", on_drift=interval_of("6h"))

    assert "--retrain-on-drift 6h" in unit_text(tmp_path, Wishes(schedule))
    assert "when drift is told, at most once per 6h" in str(schedule)
