"""A project at a Prefect server on PostgreSQL, run by a worker: the documented commands, and what a kill leaves."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import get_client

from flows.server.server import answers
from tests.flows.conftest import wait_until
from tests.postgres import free_port, postgres_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PREFECT = Path(sys.executable).parent / "prefect"


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """The URL of `prefect server start` on a PostgreSQL of its own."""
    port, home = free_port(), tmp_path_factory.mktemp("server-home")
    with postgres_server(port=free_port()) as postgres:
        postgres.connect().execute("create database prefect")
        environment = quiet(home) | {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": (
                f"postgresql+asyncpg://{postgres.secret}@127.0.0.1:{postgres.port}/prefect"
            ),
        }
        command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        url = f"http://127.0.0.1:{port}/api"
        with child(command, environment, home / "server.log"):
            wait_until(lambda: answers(url), seconds=180)
            yield url


@pytest.fixture
def away(mini, standing):
    """The project, with that server in PREFECT_API_URL; a worker looks every second."""
    mini.environment |= quiet(mini.folder / ".convoy" / "home")
    mini.environment |= {"PREFECT_API_URL": standing, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    return mini


def quiet(home):
    environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    return environment | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def child(command, environment, log):
    """Run a program while the block does; it and what it started are gone afterwards."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as lines:
        process = subprocess.Popen(
            command, env=environment, stdout=lines, stderr=lines, cwd=log.parent, start_new_session=True
        )
    try:
        yield process
    finally:
        below = children_of(process)
        for one in (psutil.Process(process.pid), *below) if process.poll() is None else below:
            one.terminate()
        _, alive = psutil.wait_procs(below, timeout=20)
        for one in alive:
            one.kill()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def children_of(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def worker(mini, pool):
    command = [PREFECT, "worker", "start", "--pool", pool, "--type", "process"]
    return child(command, mini.environment, mini.folder / ".convoy" / "worker.log")


def deployment(mini, title):
    with asked(mini) as client:
        return client.read_deployment_by_name(title)


def runs(mini, title):
    """Return the runs of a deployment, the oldest first."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    with asked(mini) as client:
        found = client.read_flow_runs(
            deployment_filter=DeploymentFilter(
                id=DeploymentFilterId(any_=[client.read_deployment_by_name(title).id])
            )
        )
    return sorted(found, key=lambda run: run.expected_start_time)


def ended(mini, title):
    """Return the runs of a deployment that went well, the oldest first."""
    return [run for run in runs(mini, title) if run.state.is_completed()]


@contextmanager
def asked(mini):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: mini.environment["PREFECT_API_URL"]}),
        get_client(sync_client=True) as client,
    ):
        yield client


def states(mini):
    paths = sorted((mini.folder / ".convoy" / "runs").glob("*/run.json"))
    return [json.loads(path.read_text())["state"] for path in paths]


def results(folder):
    """Return the bytes of every stage's files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "data").rglob("*"))
        if path.is_file() and path.name != ".gitignore"
    }


def test_a_scheduled_run_of_a_worker_ends_with_the_bytes_of_a_run_by_hand(away, finished):
    done = away.convoy(
        "deploy", "--work-pool", "fresh", "--every", "20s", "--no-promote", "--name", "nightly"
    )

    assert done.returncode == 0, done.stderr
    assert "prefect worker start --pool fresh --type process" in done.stdout
    made = deployment(away, "retrain/nightly")
    assert made.global_concurrency_limit.limit == 1
    assert made.concurrency_options.collision_strategy == "CANCEL_NEW"
    with worker(away, "fresh"):
        wait_until(lambda: ended(away, "retrain/nightly"), seconds=180)
    assert ended(away, "retrain/nightly")[0].auto_scheduled
    assert results(away.folder) == results(finished)


def test_after_kill_9_of_the_worker_its_run_ends_is_shown_as_crashed_and_the_next_one_goes_on(away):
    deploy = ("deploy", "--work-pool", "killed", "--every", "15s", "--no-promote")
    assert away.convoy(*deploy).returncode == 0
    away.behave("left", sleep=120, once=True)
    with worker(away, "killed") as process:
        away.pid_of("left")
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not away.processes(), seconds=20)
    assert states(away) == ["running"]

    assert (
        away.convoy(*deploy).returncode == 0
    )  # else its place is free after Prefect's lease of five minutes

    assert states(away) == ["crashed"]
    [dead] = [run for run in runs(away, "retrain/mini") if run.state.is_crashed()]
    assert "its process was killed" in dead.state.message
    with worker(away, "killed"):
        wait_until(lambda: ended(away, "retrain/mini"), seconds=180)
    assert away.trace("begins").count("first") == 1
