"""A project at a Prefect server on PostgreSQL, run by a worker: the documented commands, and what a kill leaves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import get_client

from flows.schedules.on_drift import automation_name
from flows.server.server import answers
from tests.flows.conftest import wait_until
from tests.postgres import free_port, postgres_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
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


def test_drift_starts_the_deployment_of_a_worker_where_that_is_asked_for(away):
    words = ("deploy", "--work-pool", "drifting", "--every", "1d", "--no-promote", "--name", "watched")

    done = away.convoy(*words, "--retrain-on-drift", "1h")

    assert done.returncode == 0, done.stderr
    assert "when drift is told, at most once per 1h" in done.stdout
    title = automation_name("watched")
    with asked(away) as client:
        [automation] = client.read_automations_by_name(title)
    assert [str(action.deployment_id) for action in automation.actions] == [
        str(deployment(away, "retrain/watched").id)
    ]

    assert away.convoy(*words).returncode == 0
    with asked(away) as client:
        assert client.read_automations_by_name(title) == []


def test_after_kill_9_of_the_worker_its_run_ends_is_shown_as_crashed_and_the_next_one_goes_on(away):
    deploy = ("deploy", "--work-pool", "killed", "--every", "15s", "--no-promote", "--name", "killed")
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
    [dead] = [run for run in runs(away, "retrain/killed") if run.state.is_crashed()]
    assert "its process was killed" in dead.state.message
    with worker(away, "killed"):
        wait_until(lambda: ended(away, "retrain/killed"), seconds=180)
    assert away.trace("begins").count("first") == 1


def test_times_that_passed_while_no_worker_was_there_become_one_run_as_of_the_newest(away):
    deploy = ("deploy", "--work-pool", "late", "--every", "10s", "--name", "late", "--overlap", "queue")
    assert away.convoy(*deploy, "--no-promote").returncode == 0
    time.sleep(35)  # six looks of a worker are six seconds
    begun = datetime.now(UTC)
    with worker(away, "late"):
        wait_until(lambda: ended(away, "retrain/late"), seconds=180)

    missed = [run for run in runs(away, "retrain/late") if run.expected_start_time < begun]
    [done] = [run for run in missed if run.state.is_completed()]
    assert all(run.state.is_cancelled() for run in missed if run != done)
    told = {run.state.message for run in missed if run != done}
    assert len(told) == 1
    stands_for = datetime.fromisoformat(re.search(r"as of (\S+) stands", told.pop())[1])
    assert stands_for >= max(run.expected_start_time for run in missed).replace(microsecond=0)


def test_prefect_deploy_takes_the_file_that_a_project_begins_with(away, tmp_path):
    file = (ROOT / "pipeline" / "proposal" / "template" / "prefect.yaml").read_text()
    (away.folder / "prefect.yaml").write_text(file.replace("convoy-project", "plain"))
    assert away.convoy("deploy", "--work-pool", "convoy", "--every", "1d").returncode == 0

    deployed = prefect(away, "deploy", "--no-prompt")
    started = prefect(away, "deployment", "run", "retrain/plain")

    assert "Deployment 'retrain/plain' successfully created" in deployed.replace("\n", " ")
    assert "Job Variables" in started
    made, own = deployment(away, "retrain/plain"), deployment(away, "retrain/mini")
    assert made.job_variables == own.job_variables
    assert made.parameters["project"] == str(away.folder)
    assert [known.schedule.cron for known in made.schedules] == ["0 3 * * *"]
    with worker(away, "convoy"):
        wait_until(lambda: ended(away, "retrain/plain"), seconds=180)


def prefect(mini, *arguments):
    done = subprocess.run(
        [PREFECT, *arguments],
        cwd=mini.folder,
        env=mini.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_cannot_be_deployed_is_told_in_a_sentence(away, tmp_path):
    other = tmp_path / "other" / "mini"
    shutil.copytree(away.folder, other)
    prefect(away, "work-pool", "create", "boxes", "--type", "docker")
    assert away.convoy("deploy", "--work-pool", "mine", "--every", "1d", "--name", "taken").returncode == 0
    said = {
        ("--work-pool", "boxes", "--every", "1d"): (2, "the work pool boxes is of type docker"),
        ("--work-pool", "mine", "--every", "1d", "--name", "a/b"): (2, "is no name for a deployment"),
        ("--work-pool", "mine", "--cron", "61 3 * * *"): (2, "is no cron line"),
        ("--work-pool", "mine", "--every", "1d", "--timezone", "Nowhere"): (
            2,
            "--timezone Nowhere is unknown",
        ),
        ("--work-pool", "mine", "--every", "1d", "--predict", "new.csv"): (2, "needs --out FOLDER"),
        ("--work-pool", "mine", "--every", "1d", "--name", "taken", "--project", str(other)): (
            2,
            f"belongs to the project {away.folder}; give this one another name",
        ),
    }
    for words, (code, sentence) in said.items():
        done = away.convoy("deploy", *words)
        assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
        assert sentence in done.stderr


def test_without_a_server_deploy_says_what_to_do(mini, home):
    mini.environment["PREFECT_HOME"] = str(home)

    unset = mini.convoy("deploy", "--work-pool", "mine", "--every", "1d")
    mini.environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
    silent = mini.convoy("deploy", "--work-pool", "mine", "--every", "1d")

    assert (unset.returncode, silent.returncode) == (2, 6)
    assert "PREFECT_API_URL is not set" in unset.stderr
    assert "`prefect server start`" in unset.stderr
    assert "no Prefect server answers at PREFECT_API_URL=http://127.0.0.1:9/api" in silent.stderr
