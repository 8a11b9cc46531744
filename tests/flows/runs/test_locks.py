"""DVC's own table of locks, and what killed runs left."""

import json
import os
import subprocess
import sys

import pytest

from flows.programs.processes import identity
from flows.runs.prepare import end_orphans
from flows.runs.record import Recorder, StageRun, dead_runs, new_record, read_record, record_of
from flows.runs.runner import Errand, run_stage
from flows.versions.graph import read_plan
from flows.versions.locks import drop_stale_entries, stale_entries
from pipeline.foundation.errors import BusyError, ConfigError, MachineError


def lock_in_the_name_of(pid, folder):
    table = {
        "write": {"data/first": {"pid": pid, "cmd": "dvc repro"}},
        "read": {"x": [{"pid": pid, "cmd": "dvc"}]},
    }
    path = folder / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table))
    return path


def test_a_lock_in_the_name_of_a_living_stranger_is_dropped_and_dvc_runs(mini):
    lock_in_the_name_of(os.getpid(), mini.folder)

    assert stale_entries(mini.folder) == ["data/first", "x"]
    assert drop_stale_entries(mini.folder) == ["data/first", "x"]

    assert stale_entries(mini.folder) == []
    errand = Errand(mini.folder, mini.folder / ".convoy" / "runs" / "r", mini.folder / "reports", 60.0)
    assert run_stage("first", errand, on_line=lambda _line: None).outcome == "ran"


def test_the_lock_of_a_living_dvc_is_kept(tmp_path):
    waiting = "import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", waiting, "dvc"]) as dvc:
        path = lock_in_the_name_of(dvc.pid, tmp_path)
        before = path.read_text()

        assert drop_stale_entries(tmp_path) == []

        assert path.read_text() == before
        dvc.kill()


def test_half_a_table_of_locks_is_dropped(tmp_path):
    lock_in_the_name_of(1, tmp_path).write_text('{"write": {"data/fi')

    assert drop_stale_entries(tmp_path) == ["(unreadable)"]
    assert drop_stale_entries(tmp_path) == []


def test_what_an_earlier_run_left_running_is_ended(mini):
    folder = mini.folder / ".convoy" / "runs" / "old"
    environment = {**os.environ, "CONVOY_RUN_FOLDER": str(folder)}
    waiting = "import time; print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", waiting], env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()

        assert end_orphans(mini.folder) == [orphan.pid]

        assert identity(orphan.pid) is None


def test_the_order_is_dvcs_own_upstream_first(mini):
    plan = read_plan(mini.folder)

    assert plan.upstream == {"first": (), "left": ("first",), "right": ("first",), "last": ("left", "right")}
    assert next(iter(plan.upstream)) == "first"
    assert list(plan.upstream)[-1] == "last"
    assert plan.changed == {"first", "left", "right", "last"}


def test_a_finished_project_has_nothing_changed(done):
    assert read_plan(done.folder).changed == frozenset()


def test_a_broken_dvc_yaml_is_told_in_a_sentence(mini):
    (mini.folder / "dvc.yaml").write_text("stages: {first: {cmd: [}}")

    with pytest.raises(MachineError, match="DVC cannot read this project's stages"):
        read_plan(mini.folder)


def test_a_project_held_by_a_dvc_command_is_busy(mini):
    holder = (
        "import sys, time, zc.lockfile; lock = zc.lockfile.LockFile(sys.argv[1]); print('held', flush=True); "
        "time.sleep(60)"
    )
    lock = mini.folder / ".dvc" / "tmp" / "lock"
    lock.parent.mkdir(exist_ok=True)
    with subprocess.Popen([sys.executable, "-c", holder, str(lock)], stdout=subprocess.PIPE) as dvc:
        assert dvc.stdout is not None
        dvc.stdout.readline()

        with pytest.raises(BusyError, match="another DVC command holds this project"):
            read_plan(mini.folder)

        dvc.kill()


def test_a_record_says_how_a_run_ended_whatever_happened_in_it(tmp_path):
    with (
        pytest.raises(ConfigError),
        Recorder(tmp_path, new_record("a", server="project", flow_run_id="1")) as kept,
    ):
        kept.stage(StageRun("first", "ran", 1.0))
        raise ConfigError("a setting is wrong")

    record = read_record(kept.folder)
    assert (record.state, record.message, record.exit_code) == ("failed", "a setting is wrong", 2)
    assert record_of(tmp_path, "1") == record
    assert dead_runs(tmp_path) == []


def test_a_run_whose_process_is_gone_is_known_as_dead(tmp_path):
    program = (
        "import sys; from pathlib import Path; from flows.runs.record import Recorder, new_record; "
        "Recorder(Path(sys.argv[1]), new_record('a', server='project', flow_run_id='1'))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    alive = Recorder(tmp_path, new_record("b", server="project", flow_run_id="2"))

    assert [record.flow_run_id for _, record in dead_runs(tmp_path)] == ["1"]
    assert read_record(alive.folder).state == "running"
