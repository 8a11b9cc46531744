"""Deployments that nobody serves any more, and those that somebody else serves."""

import os
import sqlite3
import subprocess
import sys

import pytest

from flows.schedules.on_drift import automation_name
from pipeline.foundation.errors import BusyError, ConfigError
from tests.flows import api
from tests.flows.conftest import wait_until
from tests.flows.schedules.serving import begin, end

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("flows")]

PREDICT = ("--predict", "new.csv", "--out", "predicted", "--every", "1h")


def asked(mini, query):
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        return database.execute(query).fetchall()


def flows_that_wait(mini):
    """Return the flows of which runs are to begin."""
    rows = asked(
        mini,
        "select distinct flow.name from flow_run join flow on flow_run.flow_id = flow.id "
        "where flow_run.state_type = 'SCHEDULED'",
    )
    return {name for (name,) in rows}


def test_what_an_earlier_serve_predicted_is_switched_off_by_one_that_does_not_and_comes_back(mini):
    (mini.folder / "new.csv").write_text("a\n1\n")
    with begin(mini, *PREDICT, "--retrain-every", "1d", "--no-promote") as process:
        wait_until(lambda: flows_that_wait(mini) == {"retrain", "predict"})
        end(process)

    words = ("--every", "1d", "--retrain-on-drift", "6h", "--no-promote")
    with begin(mini, *words) as process:
        wait_until(lambda: "predict/mini is not served any more: its schedule" in process.said())
        wait_until(lambda: flows_that_wait(mini) == {"retrain"})
        wait_until(lambda: asked(mini, "select name from automation") == [(automation_name("mini"),)])
        end(process)

    with begin(mini, *PREDICT) as process:
        wait_until(lambda: "retrain/mini is not served any more: its schedule" in process.said())
        wait_until(lambda: flows_that_wait(mini) == {"predict"})
        wait_until(lambda: asked(mini, "select name from automation") == [])
        end(process)


def test_what_another_process_serves_stays_and_the_same_name_twice_is_refused(elsewhere, tmp_path):
    (elsewhere.folder / "new.csv").write_text("a\n1\n")
    words = ("--every", "1d", "--no-promote", "--name", "shared")
    with begin(elsewhere, *words) as retraining:
        wait_until(lambda: waiting(elsewhere, "retrain/shared"))
        with begin(elsewhere, *PREDICT, "--name", "shared") as predicting:
            wait_until(lambda: waiting(elsewhere, "predict/shared"))
            again = elsewhere.convoy("serve", *words)
            still = waiting(elsewhere, "retrain/shared")
            end(predicting)
        end(retraining)

    assert still
    assert again.returncode == BusyError.exit_code
    assert f"is served already by `convoy serve`, process {retraining.pid} on" in again.stderr
    assert "--name" in again.stderr


ON_ANOTHER_MACHINE = """
import platform, runpy, sys
platform.node = lambda: "farm-7"
sys.argv[0] = "convoy"
from flows.cli.main import main
main()
"""


def test_a_name_that_another_machine_serves_is_refused_with_a_way_out(elsewhere, tmp_path):
    words = ("serve", "--every", "1d", "--no-promote", "--name", "twin")
    with begin(elsewhere, *words[1:]) as process:
        wait_until(lambda: looked_for(elsewhere, "retrain/twin"))
        # The folder is the same there, and its locks are not: it is no file system of both.
        (elsewhere.folder / ".convoy" / "serving").rename(tmp_path / "serving")
        other = subprocess.run(
            [sys.executable, "-c", ON_ANOTHER_MACHINE, *words],
            cwd=elsewhere.folder, env=elsewhere.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        end(process)

    assert other.returncode == ConfigError.exit_code, other.stderr
    assert (
        f"retrain/twin at this server is served by {os.uname().nodename} and was asked for at" in other.stderr
    )
    assert "give this one another name with --name" in other.stderr
    assert len(other.stderr.splitlines()) == 1


def looked_for(mini, title):
    """Return when somebody last asked for due runs of a deployment."""
    found = api.get(f"{mini.environment['PREFECT_API_URL']}/deployments/name/{title}")
    return found["last_polled"] if found else None


def waiting(mini, title):
    """Return how many runs of a deployment are to begin."""
    url = mini.environment["PREFECT_API_URL"]
    found = api.get(f"{url}/deployments/name/{title}")
    if found is None:
        return 0
    wanted = {
        "deployments": {"id": {"any_": [found["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    return api.post(f"{url}/flow_runs/count", wanted)
