"""Ctrl-C, SIGTERM, and `kill -9` of each process of the chain: no orphan, no second writer, no lie."""

import os
import signal
import sqlite3
import time

import pytest

from flows.server.dead import JUST_BEGUN
from tests.flows import api

pytestmark = pytest.mark.e2e


def wait_until_gone(mini, seconds=20.0):
    give_up = time.monotonic() + seconds
    while mini.processes():
        assert time.monotonic() < give_up, mini.processes()
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_run_ends_at_once_and_is_recorded_as_cancelled(mini, number):
    mini.behave("left", sleep=60, once=True)
    running = mini.start("run")
    mini.pid_of("left")

    os.kill(running.pid, number)
    _, error = running.communicate(timeout=20)

    assert running.returncode == 130
    assert len(error.splitlines()) == 1
    assert "finished stages are kept" in error
    assert mini.processes() == []
    assert mini.outcomes()["first"] == "ran"
    assert [state for state, _ in mini.history()] == ["Cancelled"]
    assert mini.task_states() == {"Completed", "Cancelled"}


def test_after_kill_9_of_the_flow_nothing_is_left_and_the_next_run_says_so(mini):
    mini.behave("left", sleep=60, once=True)
    running = mini.start("run")
    mini.pid_of("left")

    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    wait_until_gone(mini)
    again = mini.convoy("run")

    assert again.returncode == 0, again.stderr
    assert [state for state, _ in mini.history()] == ["Crashed", "Completed"]
    assert "Running" not in mini.task_states()
    assert mini.trace("ends").count("left") == 1
    assert mini.trace("begins").count("first") == 1


def test_a_run_that_was_killed_before_it_had_a_record_is_not_shown_as_running_for_ever(elsewhere, server):
    flow = api.post(f"{server.url}/flows/", {"name": "retrain"})["id"]

    def begun_in(folder):
        wanted = {
            "flow_id": flow,
            "parameters": {"project": folder},
            "state": {"type": "RUNNING", "name": "Running"},
        }
        return api.post(f"{server.url}/flow_runs/", wanted)["id"]

    def state_of(run):
        return api.get(f"{server.url}/flow_runs/{run}")["state"]["type"]

    ours, others = begun_in(str(elsewhere.folder)), begun_in("/another/project")
    time.sleep(JUST_BEGUN.total_seconds())

    ended = elsewhere.convoy("run")

    assert ended.returncode == 0, ended.stderr
    assert state_of(ours) == "CRASHED"
    assert state_of(others) == "RUNNING"


def test_a_run_that_was_killed_before_prefect_knew_its_end_ends_as_its_record_says(elsewhere, server):
    elsewhere.convoy("run")
    run = elsewhere.record()["flow_run_id"]
    running = {"state": {"type": "RUNNING", "name": "Running"}, "force": True}
    api.post(f"{server.url}/flow_runs/{run}/set_state", running)

    elsewhere.convoy("run")

    state = api.get(f"{server.url}/flow_runs/{run}")["state"]
    assert state["type"] == "COMPLETED"
    assert state["message"].startswith("brought up to date: ")


def test_after_kill_9_of_dvc_there_is_no_second_writer(elsewhere):
    elsewhere.behave("first", sleep=60, once=True)
    running = elsewhere.start("run")
    stage = elsewhere.pid_of("first")
    [dvc] = elsewhere.running("dvc")

    os.kill(dvc.pid, signal.SIGKILL)
    _, error = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "was killed by SIGKILL" in error
    assert elsewhere.processes() == []
    again = elsewhere.convoy("run")
    assert again.returncode == 0, again.stderr
    assert elsewhere.trace("ends").count("first") == 1
    assert elsewhere.pid_of("first") != stage


def test_after_kill_9_of_a_stage_the_run_fails_and_keeps_what_was_finished(elsewhere):
    elsewhere.behave("left", sleep=60)
    running = elsewhere.start("run")

    os.kill(elsewhere.pid_of("left"), signal.SIGKILL)
    _, error = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "error in left: left was killed by SIGKILL" in error
    assert elsewhere.outcomes() == {"first": "ran", "left": "failed", "right": "ran", "last": "not run"}
    assert elsewhere.processes() == []


def test_after_kill_9_of_its_server_the_run_goes_on_with_a_new_one(mini):
    mini.behave("left", sleep=8)
    running = mini.start("run")
    mini.pid_of("left")
    [server] = mini.running("uvicorn")

    os.kill(server.pid, signal.SIGKILL)
    _, error = running.communicate(timeout=120)

    assert running.returncode == 0, error
    assert [state for state, _ in mini.history()] == ["Completed"]


def test_cancel_in_the_ui_ends_the_run(elsewhere, server):
    elsewhere.behave("first", sleep=60)
    running = elsewhere.start("run")
    elsewhere.pid_of("first")
    flow_run = elsewhere.record()["flow_run_id"]
    cancelling = {"state": {"type": "CANCELLING"}, "force": True}

    api.post(f"{server.url}/flow_runs/{flow_run}/set_state", cancelling)  # as the UI's button does
    _, error = running.communicate(timeout=60)

    assert running.returncode == 130
    assert error == "stopped by Cancel in Prefect; finished stages are kept\n"
    assert elsewhere.processes() == []
    with sqlite3.connect(server.project / ".convoy" / "prefect.db") as database:
        found = database.execute("select state_type from flow_run where id = ?", [flow_run]).fetchone()
    assert found == ("CANCELLED",)
