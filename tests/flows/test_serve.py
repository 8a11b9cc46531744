"""A deployment with a short interval fires, on a standing server."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from pipeline.foundation.errors import MachineError

pytestmark = pytest.mark.e2e

SERVE = """
import sys
from datetime import timedelta
from pathlib import Path
from flows.serve import serve
serve(Path(sys.argv[1]), interval=timedelta(seconds=2), name="short")
"""


@pytest.fixture
def serving(elsewhere):
    """Return the process that serves the project every two seconds."""
    environment = {**elsewhere.environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(elsewhere.folder)],
        cwd=elsewhere.folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def wait_until(condition, seconds=120.0):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.2)


def test_an_interval_fires_and_a_killed_server_of_the_schedule_leaves_nothing_running(
    elsewhere, serving, server
):
    def ended(state):
        paths = (elsewhere.folder / ".convoy" / "runs").glob("*/run.json")
        return [path for path in paths if json.loads(path.read_text())["state"] == state]

    wait_until(lambda: len(ended("completed")) >= 2 or serving.poll() is not None)
    assert serving.poll() is None
    elsewhere.behave("first", sleep=60)
    elsewhere.touch("first")
    begun = elsewhere.trace("begins").count("first")
    wait_until(lambda: elsewhere.trace("begins").count("first") > begun)

    os.kill(serving.pid, signal.SIGKILL)

    wait_until(lambda: not elsewhere.processes(), seconds=20)
    with sqlite3.connect(server.project / ".convoy" / "prefect.db") as database:
        [name] = database.execute("select name from deployment").fetchone()
    assert name == "short"


def test_a_schedule_without_a_server_is_told_in_a_sentence(tmp_path, monkeypatch):
    from datetime import timedelta

    from flows.serve import serve

    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    with pytest.raises(MachineError, match="a schedule needs a Prefect server that stands"):
        serve(tmp_path, interval=timedelta(seconds=2))
