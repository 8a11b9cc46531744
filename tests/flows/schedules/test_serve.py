"""A deployment with a short interval fires, on a standing server."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psutil
import pytest

from flows.showing.notify import VARIABLE
from pipeline.foundation.errors import BusyError
from tests.flows import api
from tests.flows.conftest import command_line, wait_until
from tests.flows.schedules.serving import begin, end

pytestmark = pytest.mark.e2e


@pytest.fixture
def serving(elsewhere):
    """Return the process that serves the project every two seconds."""
    with begin(elsewhere, "--every", "2s", "--name", "short", "--no-promote") as process:
        yield process


def ended(mini, state):
    """Return the records of the runs that ended so."""
    paths = (mini.folder / ".convoy" / "runs").glob("*/run.json")
    return [path for path in paths if json.loads(path.read_text())["state"] == state]


def test_an_interval_fires_and_a_killed_server_of_the_schedule_leaves_nothing_running(
    elsewhere, serving, server
):
    wait_until(lambda: len(ended(elsewhere, "completed")) >= 2 or serving.poll() is not None)
    assert serving.poll() is None
    elsewhere.behave("first", sleep=60)
    elsewhere.touch("first")
    begun = elsewhere.trace("begins").count("first")
    wait_until(lambda: elsewhere.trace("begins").count("first") > begun)

    os.kill(serving.pid, signal.SIGKILL)

    wait_until(lambda: not elsewhere.processes(), seconds=20)
    with sqlite3.connect(server.project / ".convoy" / "prefect.db") as database:
        names = database.execute("select name from deployment").fetchall()
    assert ("short",) in names  # other tests have deployments on this server too


TAKE = """
import sys
from prefect.client.orchestration import get_client
from prefect.states import Pending
with get_client(sync_client=True) as client:
    deployment = client.read_deployment_by_name(sys.argv[1])
    run = client.create_flow_run_from_deployment(deployment.id)
    print(client.set_flow_run_state(run.id, Pending()).status.value)
"""
"""A run is taken and gets no process, as where its schedule is killed in just that moment."""


def test_a_run_that_was_taken_and_never_began_does_not_keep_the_place(elsewhere, webhook):
    with begin(elsewhere, "--every", "1d", "--name", "taken", "--no-promote") as process:
        wait_until(lambda: "taken" in deployments(elsewhere))
        os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: not elsewhere.processes(), seconds=20)
    command = [sys.executable, "-c", TAKE, "retrain/taken"]
    taken = subprocess.run(command, env=elsewhere.environment, capture_output=True, text=True, check=True)
    assert taken.stdout.split()[-1] == "ACCEPT"
    before = len(ended(elsewhere, "completed"))

    words = ("--every", "4s", "--name", "taken", "--no-promote")
    with begin(elsewhere, *words, environment={VARIABLE: os.environ[VARIABLE]}) as process:
        try:
            wait_until(lambda: len(ended(elsewhere, "completed")) > before)
        finally:
            end(process)
    assert [news["title"] for news in webhook] == [f"convoy: {elsewhere.folder.name} crashed"]


def deployments(mini):
    """Return the names of the deployments at the server of a project."""
    url = f"{mini.environment['PREFECT_API_URL']}/deployments/filter"
    return [found["name"] for found in api.post(url, {})]


def test_a_schedule_keeps_a_server_of_its_own_and_starts_it_again_when_it_is_killed(mini):
    with begin(mini, "--every", "3s", "--no-promote") as process:
        try:
            wait_until(lambda: len(ended(mini, "completed")) >= 1)
            [server] = mini.running("uvicorn")
            os.kill(server.pid, signal.SIGKILL)
            before = len(ended(mini, "completed"))
            wait_until(lambda: len(ended(mini, "completed")) > before)
        finally:
            end(process)
    wait_until(lambda: not mini.processes(), seconds=20)


def test_an_interval_goes_on_where_it_was_when_the_schedule_is_started_anew(mini):
    def serve_until_told():
        known = query(mini, "select updated from deployment")
        with begin(mini, "--every", "7d", "--no-promote") as process:
            wait_until(lambda: query(mini, "select updated from deployment") != known and scheduled(mini))
            end(process)
        return min(scheduled(mini))

    assert serve_until_told() == serve_until_told()


@pytest.mark.parametrize(("missed", "wanted"), [("none", 0), ("newest", 1), ("all", 3)])
def test_times_that_were_missed_are_made_up_for_as_chosen_and_never_at_once(mini, missed, wanted):
    with begin(mini, "--every", "1d", "--name", "daily", "--no-promote") as process:
        wait_until(lambda: scheduled(mini))
        os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: not mini.processes(), seconds=20)
    let_time_pass(mini, days=3)

    overlap = ["--overlap", "queue"] if missed == "all" else []
    with begin(
        mini, "--every", "1d", "--name", "daily", "--no-promote", "--missed", missed, *overlap
    ) as process:
        try:
            if wanted:
                wait_until(lambda: len(ended(mini, "completed")) >= wanted)
            else:
                wait_until(lambda: scheduled(mini))
                time.sleep(8)
        finally:
            end(process)
    wait_until(lambda: not mini.processes(), seconds=20)
    runs = [json.loads(path.read_text()) for path in sorted(ended(mini, "completed"))]
    assert len(runs) == wanted
    assert all(one["ended"] <= other["began"] for one, other in pairwise(runs))


def test_after_a_time_longer_than_prefect_plans_ahead_the_newest_of_all_times_is_made_up_for(mini):
    with begin(mini, "--every", "1d", "--no-promote") as process:
        wait_until(lambda: scheduled(mini))
        os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: not mini.processes(), seconds=20)
    let_time_pass(mini, days=40)

    with begin(mini, "--every", "1d", "--no-promote") as process:
        try:
            wait_until(lambda: ended(mini, "completed"))
        finally:
            end(process)

    wait_until(lambda: not mini.processes(), seconds=20)
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        [(asked,)] = database.execute("select parameters from flow_run where name like 'missed-%'").fetchall()
    passed = datetime.now(UTC) - datetime.fromisoformat(json.loads(asked)["as_of"])
    assert timedelta(hours=12) <= passed < timedelta(hours=13)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("missed", "wanted"), [("none", 0), ("newest", 1), ("all", 2)], ids=["none", "newest", "all"]
)
def test_times_that_passed_while_the_machine_slept_are_handled_at_its_waking(mini, missed, wanted):
    overlap = ["--overlap", "queue"] if missed != "newest" else []
    environment = {"PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2"}
    words = ("--every", "20s", "--no-promote", "--missed", missed, *overlap)
    with begin(mini, *words, environment=environment) as process:
        try:
            wait_until(lambda: len(ended(mini, "completed")) >= 1)
            # Prefect takes a run up to ten seconds before its time: none is taken, and none under way.
            wait_until(lambda: 11 < until_next(mini) < 15 and states_until(mini, datetime.now(UTC)))
            awake = len(ended(mini, "completed"))
            asleep = [process, *children(process)]
            for one in asleep:
                os.kill(one.pid, signal.SIGSTOP)
            # Two times pass, and neither of them has just come when the machine wakes up.
            time.sleep(until_next(mini) + 20 + 8)
            for one in reversed(asleep):
                os.kill(one.pid, signal.SIGCONT)
            woken = datetime.now(UTC)
            wait_until(lambda: states_until(mini, woken))
            states = states_until(mini, woken)
        finally:
            end(process)
    assert states.count("Completed") == awake + wanted, states
    runs = [json.loads(path.read_text()) for path in sorted(ended(mini, "completed"))]
    assert all(one["ended"] <= other["began"] for one, other in pairwise(runs))


def until_next(mini):
    """Return the seconds until the next run is to begin."""
    [(time,)] = query(
        mini, "select min(expected_start_time) from flow_run where expected_start_time > datetime('now')"
    )
    return (datetime.fromisoformat(time).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()


def states_until(mini, woken):
    """Return how the runs of all times up to ``woken`` ended; nothing while one has not."""
    rows = query(
        mini,
        "select state_name from flow_run where expected_start_time < ?",
        f"{woken:%Y-%m-%d %H:%M:%S.%f}",
    )
    states = [state for (state,) in rows]
    return [] if set(states) - {"Completed", "Cancelled"} else states


def query(mini, text, *values):
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        return database.execute(text, values).fetchall()


def children(process):
    return psutil.Process(process.pid).children(recursive=True)


def test_ctrl_c_while_a_run_is_just_beginning_says_nothing_of_it(mini):
    with begin(mini, "--every", "3s", "--no-promote") as process:
        # A process of its own that has not begun the flow yet is importing.
        wait_until(lambda: any("spawn_main" in " ".join(command_line(one)) for one in children(process)))
        time.sleep(0.5)
        said = end(process)

    wait_until(lambda: not mini.processes(), seconds=20)
    assert "Traceback" not in said
    assert len(said.splitlines()) == 2
    assert ended(mini, "completed") == []


def scheduled(mini):
    """Return the times at which runs are to begin."""
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        return database.execute(
            "select expected_start_time from flow_run where state_type = 'SCHEDULED'"
        ).fetchall()


def let_time_pass(mini, *, days):
    """Move what is scheduled into the past, as if the machine had been off for some days."""
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        rows = database.execute(
            "select id, expected_start_time from flow_run where state_type = 'SCHEDULED' order by expected_start_time"
        ).fetchall()
        begin = datetime.now(UTC) - timedelta(days=days, hours=-12)
        database.execute(
            "update deployment_schedule set schedule = json_set(schedule, '$.anchor_date', ?)",
            [begin.isoformat()],
        )
        for number, (run, _) in enumerate(rows):
            moved = begin + timedelta(days=number)
            database.execute(
                "update flow_run set expected_start_time = ?, next_scheduled_start_time = ? where id = ?",
                (f"{moved:%Y-%m-%d %H:%M:%S.%f}", f"{moved:%Y-%m-%d %H:%M:%S.%f}", run),
            )


def test_a_schedule_whose_server_does_not_answer_is_told_in_a_sentence(mini):
    mini.environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"

    done = mini.convoy("serve", "--every", "1h")

    assert done.returncode == 6
    assert "no Prefect server answers at PREFECT_API_URL=http://127.0.0.1:9/api" in done.stderr


def test_of_two_that_begin_to_serve_a_project_together_one_is_told_who_does(mini):
    both = [begin(mini, "--every", "1d", "--no-promote") for _ in range(2)]
    try:
        wait_until(lambda: any(process.poll() is not None for process in both))
        refused, serving = sorted(both, key=lambda process: process.poll() is None)
        told = refused.said()

        assert refused.returncode == BusyError.exit_code
        assert f"is served already by `convoy serve`, process {serving.pid} on" in told
        assert "Traceback" not in told
        assert serving.poll() is None
    finally:
        for process in both:
            if process.poll() is None:
                end(process)
    wait_until(lambda: not mini.processes(), seconds=20)
