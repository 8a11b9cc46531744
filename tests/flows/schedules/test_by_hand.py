"""A schedule and what somebody does by hand in the project: one waits for the other, and says so."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from flows.programs.environment import child_environment
from pipeline.foundation.errors import BusyError
from tests.flows.conftest import wait_until
from tests.flows.schedules.serving import end, journal
from tests.flows.schedules.test_on_drift import asked, begin_retrain, serve

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("flows")]


@contextmanager
def served(mini):
    """Serve the project once a day; its retrains begin when a test asks for them."""
    with serve(mini, "--name", "watched") as process:
        try:
            wait_until(lambda: asked(mini, "select 1 from deployment"))
            yield process
        finally:
            if process.poll() is None:
                end(process)


def repro(mini):
    """Run `dvc repro` as somebody would in a shell."""
    environment = {**mini.environment, "PATH": child_environment()["PATH"]}
    command = [sys.executable, "-m", "dvc", "repro"]
    return subprocess.Popen(
        command, cwd=mini.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def records(mini):
    """Return the records of the runs, the oldest first."""
    paths = sorted((mini.folder / ".convoy" / "runs").glob("*/run.json"))
    return sorted((json.loads(path.read_text()) for path in paths), key=lambda record: record["began"])


def said(mini):
    """Return what Prefect shows that the runs said."""
    return [message for (message,) in asked(mini, "select message from log")]


def test_a_scheduled_retrain_waits_for_a_run_by_hand_and_says_for_whom(done):
    mini = done
    with served(mini) as process:
        mini.behave("first", sleep=20, once=True)
        mini.touch("first")
        by_hand = mini.start("run")
        mini.pid_of("first")

        begin_retrain(mini)
        wait_until(
            lambda: any(f"waits for `convoy run`, process {by_hand.pid} on" in line for line in said(mini))
        )
        _, error = by_hand.communicate(timeout=120)
        wait_until(lambda: [record["state"] for record in records(mini)] == ["completed"] * 2)
        wait_until(lambda: states(mini) == {"Completed"})
        told = journal(end(process))

    assert by_hand.returncode == 0, error
    assert {record["message"] for record in records(mini)} >= {"everything was up to date"}
    [waits] = [each for each in told if each["event"] == "waits"]
    assert f"process {by_hand.pid} on" in waits["message"]
    assert ", since 20" in waits["message"]


def test_a_scheduled_retrain_waits_for_a_dvc_by_hand_to_its_last_stage(done):
    mini = done
    with served(mini):
        mini.behave("first", sleep=15, once=True)
        mini.behave("left", sleep=15, once=True)
        mini.touch("first")
        with repro(mini) as by_hand:
            mini.pid_of("first")

            begin_retrain(mini)
            wait_until(
                lambda: any(
                    f"waits for `dvc`, process {by_hand.pid}, since 20" in line for line in said(mini)
                )
            )
            out, _ = by_hand.communicate(timeout=120)
        wait_until(lambda: states(mini) == {"Completed"})

    assert by_hand.returncode == 0, out
    assert mini.outcomes() == dict.fromkeys(["first", "left", "right", "last"], "up to date")


def test_it_fails_after_its_time_and_does_not_wait_for_who_was_killed(done):
    mini = done
    text = (mini.folder / "params.yaml").read_text()
    (mini.folder / "params.yaml").write_text(text.replace("wait_seconds: 21600", "wait_seconds: 3"))
    with served(mini):
        mini.behave("first", sleep=120, once=True)
        mini.touch("first")
        by_hand = mini.start("run")
        mini.pid_of("first")

        begin_retrain(mini)
        wait_until(lambda: [record["state"] for record in records(mini)] == ["running", "failed"])
        assert f"is held by `convoy run`, process {by_hand.pid} on" in records(mini)[-1]["message"]
        os.kill(by_hand.pid, signal.SIGKILL)
        by_hand.communicate()
        begin_retrain(mini)
        wait_until(
            lambda: [record["state"] for record in records(mini)] == ["crashed", "failed", "completed"]
        )


def test_by_hand_one_is_told_that_a_scheduled_retrain_is_under_way(done):
    mini = done
    with served(mini):
        mini.behave("first", sleep=25, once=True)
        mini.touch("first")
        begin_retrain(mini)
        mini.pid_of("first")

        refused = mini.convoy("run")
        with repro(mini) as by_hand:
            out, _ = by_hand.communicate(timeout=120)
        wait_until(lambda: states(mini) == {"Completed"})

    assert refused.returncode == BusyError.exit_code
    assert "held by `scheduled retrain`, process " in refused.stderr
    assert "end it with Cancel in Prefect, and run again" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert by_hand.returncode == 0 or "is busy, it is being blocked by" in out
    assert mini.trace("begins").count("first") == 1


def states(mini):
    """Return how the runs ended that were to begin by now."""
    return {
        state for (state,) in asked(mini, "select state_name from flow_run where state_name != 'Scheduled'")
    }
