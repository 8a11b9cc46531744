"""A server that stands for a year keeps a history and a log that do not grow without end."""

import sqlite3
import subprocess
import sys
import time

import pytest

from flows.server.log import cut_log
from flows.server.server import HISTORY_DAYS, start_server
from tests.flows.conftest import wait_until

WRITER = """
import sys, time
for number in range(2000):
    print(f"line {number}", flush=True)
    time.sleep(0.0005)
"""


@pytest.mark.e2e
@pytest.mark.xdist_group("flows")
def test_runs_that_ended_long_ago_leave_the_own_history_with_all_that_hangs_on_them(done):
    assert done.convoy("run").returncode == 0
    assert done.convoy("run").returncode == 0
    with sqlite3.connect(done.folder / ".convoy" / "prefect.db") as database:
        first, second = [row[0] for row in database.execute("select id from flow_run order by created")]
        days = f"-{HISTORY_DAYS + 1} days"
        database.execute("update flow_run set end_time = datetime('now', ?) where id = ?", [days, first])
    before = left(done, second)
    assert {"flow_run_state", "log", "task_run"} <= left(done, first).keys()

    server = start_server(done.folder)
    try:
        wait_until(lambda: runs(done) == [second])
        wait_until(lambda: not left(done, first))
    finally:
        server.stop()

    assert left(done, second) == before


def runs(mini):
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        return [row[0] for row in database.execute("select id from flow_run order by created")]


COUNTS = {
    "task_run": "select count(*) from task_run where flow_run_id = ?",
    "flow_run_state": "select count(*) from flow_run_state where flow_run_id = ?",
    "log": "select count(*) from log where flow_run_id = ?",
    "artifact": "select count(*) from artifact where flow_run_id = ?",
}


def left(mini, run):
    """Return how many rows of each table belong to a run, where there are some."""
    with sqlite3.connect(mini.folder / ".convoy" / "prefect.db") as database:
        counts = {table: database.execute(query, [run]).fetchone()[0] for table, query in COUNTS.items()}
    return {table: count for table, count in counts.items() if count}


def test_a_log_is_cut_while_it_is_written_and_its_writer_goes_on_at_the_new_beginning(tmp_path):
    log = tmp_path / "ui.log"
    with log.open("ab") as lines:
        writer = subprocess.Popen([sys.executable, "-c", WRITER], stdout=lines)
        while writer.poll() is None:
            cut_log(log, largest=4000)
            time.sleep(0.01)

    cut_log(log, largest=4000)
    last, before = log.read_text(), (tmp_path / "ui.log.1").read_text()
    assert "\0" not in last + before
    assert (before + last).endswith("line 1999\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ui.log", "ui.log.1"]
    assert log.stat().st_size < 4000


def test_a_small_log_and_one_that_is_not_there_are_left_alone(tmp_path):
    (tmp_path / "ui.log").write_text("a line\n")

    cut_log(tmp_path / "ui.log")
    cut_log(tmp_path / "none.log")

    assert [path.name for path in tmp_path.iterdir()] == ["ui.log"]
