"""New data come in as dated snapshots, and go again where the gate does not let them pass."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import polars as pl
import pytest

from flows.versions.command import call_dvc
from flows.versions.copying import copy_whole, is_same
from flows.versions.incoming import incoming_files
from flows.versions.pointing import snapshot_in_use
from flows.versions.taking import take_snapshot
from pipeline.config import Config
from pipeline.foundation.errors import BusyError, ConfigError, DataError
from pipeline.params import params_text
from pipeline.sources.answer import write_answer
from tests.flows.conftest import wait_until

AS_OF = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


def snapshots(folder):
    return sorted(path.name for path in (folder / "data/raw/power").iterdir() if path.is_dir())


def told(folder):
    """Return what says which data are in use, and the data."""
    names = ("params.yaml", "dvc.yaml", "dvc.lock", "data/ingest/power.csv")
    return {name: (folder / name).read_text() for name in names}


@pytest.mark.e2e
def test_new_data_become_a_dated_snapshot_that_the_stages_read_and_old_ones_run_nothing(fed):
    mini, place = fed
    place.write_text("first\nsecond\n")

    assert mini.convoy("run").returncode == 0

    old, new = snapshots(mini.folder)
    assert old == "2026-01-01"
    assert (mini.folder / "data/ingest/power.csv").read_text() == "first\nsecond\n"
    assert f"data/raw/power/{new}/power.csv" in (mini.folder / "params.yaml").read_text()
    assert (mini.folder / f"data/raw/power/{new}.dvc").is_file()
    assert mini.outcomes() == {"ingest": "ran", "validate": "ran"}

    mini.convoy("run")

    assert snapshots(mini.folder) == [old, new]
    assert mini.outcomes() == {"ingest": "up to date", "validate": "up to date"}


@pytest.mark.e2e
def test_data_that_the_gate_stops_leave_everything_as_it_was_and_stay_to_be_looked_at(fed):
    mini, place = fed
    before = told(mini.folder)
    place.write_text("broken\n")
    story = {"stage": "validate", "message": "3 rows are wrong", "exit_code": 4, "retryable": False}
    mini.behave("validate", exit=4, story=story)

    ended = mini.convoy("run")

    assert ended.returncode == 4
    assert "3 rows are wrong; the new data went to " in ended.stderr
    assert told(mini.folder) == before
    assert snapshots(mini.folder) == ["2026-01-01"]
    [kept] = (mini.folder / ".convoy/rejected").iterdir()
    assert (kept / "power.csv").read_text() == "broken\n"
    status = subprocess.run(
        [sys.executable, "-m", "dvc", "status", "--json"], cwd=mini.folder, capture_output=True, check=True
    )
    assert json.loads(status.stdout) == {}


@pytest.mark.e2e
def test_after_kill_9_before_the_gate_the_next_run_begins_from_what_was_there(fed):
    mini, place = fed
    place.write_text("second\n")
    mini.behave("ingest", sleep=60, once=True)
    begun = len(mini.trace("begins"))
    run = mini.start("run")
    wait_until(lambda: len(mini.trace("begins")) > begun)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    place.write_text("third\n")

    assert mini.convoy("run").returncode == 0

    assert len(snapshots(mini.folder)) == 2
    assert (mini.folder / "data/ingest/power.csv").read_text() == "third\n"
    assert not (mini.folder / ".convoy/snapshot.json").exists()


@pytest.mark.e2e
def test_what_was_edited_after_a_kill_stays_and_only_the_path_is_taken_back(fed):
    mini, place = fed
    place.write_text("second\n")
    mini.behave("ingest", sleep=60, once=True)
    begun = len(mini.trace("begins"))
    run = mini.start("run")
    wait_until(lambda: len(mini.trace("begins")) > begun)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    params = mini.folder / "params.yaml"
    params.write_text(params.read_text() + "# a line of the user\n")
    place.write_text("first\n")

    ended = mini.convoy("run")

    assert ended.returncode == 0
    assert params.read_text().endswith("# a line of the user\n")
    assert "path: data/raw/power/2026-01-01/power.csv" in params.read_text()
    assert "params.yaml, changed meanwhile, kept what was changed" in ended.stdout
    assert snapshots(mini.folder) == ["2026-01-01"]


def test_a_file_that_is_written_meanwhile_is_waited_for(tmp_path):
    growing, over = tmp_path / "growing.csv", threading.Event()
    growing.write_bytes(b"x" * 50_000_000)

    def write():
        with growing.open("ab") as file:
            while not over.is_set():
                file.write(b"x")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(BusyError, match="was written while it was copied"):
            copy_whole({"growing.csv": growing}, tmp_path / "snapshot")
    finally:
        over.set()
        writer.join()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["growing.csv"]


def test_a_folder_is_compared_file_by_file(tmp_path):
    place, snapshot = tmp_path / "place", tmp_path / "snapshot"
    for folder in (place, snapshot):
        (folder / "cats").mkdir(parents=True)
        (folder / "cats" / "1.png").write_bytes(b"one")
    files = incoming_files(str(place), tmp_path, snapshot).files
    assert is_same(files, snapshot)

    (place / "cats" / "1.png").write_bytes(b"two")
    assert not is_same(files, snapshot)

    (place / "cats" / "1.png").write_bytes(b"one")
    (place / "cats" / "2.png").write_bytes(b"more")
    assert not is_same(incoming_files(str(place), tmp_path, snapshot).files, snapshot)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (None, "does not exist; bring it back"),
        ("folder", "is an empty folder"),
        ("file", "is one file, and the snapshot .* holds 2"),
    ],
)
def test_what_cannot_be_a_snapshot_is_told(tmp_path, made, sentence):
    place, snapshot = tmp_path / "place", tmp_path / "snapshot"
    snapshot.mkdir()
    for name in ("a.csv", "b.csv"):
        (snapshot / name).write_text(name)
    if made == "folder":
        place.mkdir()
    if made == "file":
        place.write_text("rows")

    with pytest.raises(DataError, match=sentence):
        incoming_files(str(place), tmp_path, snapshot)


def test_a_source_without_a_snapshot_cannot_get_new_ones(tmp_path):
    config = Config.model_validate({"flow": {"new_data": "live.csv"}})

    with pytest.raises(ConfigError, match="sources reads none below data/raw/NAME/DATE"):
        take_snapshot(tmp_path, config, AS_OF, tell=print)
    with pytest.raises(ConfigError, match="sources reads none"):
        snapshot_in_use(config)


@pytest.fixture
def asked(tmp_path):
    """A project whose snapshot is the answer of a database, and a way to add a row to it."""
    with sqlite3.connect(tmp_path / "power.db") as base:
        base.execute("create table power (at text, load real)")
        base.execute("insert into power values ('2026-01-01', 1.5)")
    home = tmp_path / "data/raw/power/2026-01-01"
    home.mkdir(parents=True)
    query = "select * from power order by at"
    write_answer("sqlite:///power.db", query, home / "power.parquet", tmp_path)
    config = Config.model_validate(
        {
            "sources": {"kind": "parquet", "path": "data/raw/power/2026-01-01/power.parquet", "time": "at"},
            "flow": {"new_data": "sqlite:///power.db", "new_query": query},
            "preprocessing": {"kind": "windows"},
            "heads": {"kind": "forecast"},
            "extraction": {"kind": "conv1d"},
        }
    )
    (tmp_path / "params.yaml").write_text(params_text(config))
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    call_dvc(["init", "--quiet", "--no-scm"], tmp_path)
    return tmp_path, config


def test_a_database_is_asked_and_its_answer_is_a_snapshot_only_where_it_is_another(asked):
    project, config = asked

    assert take_snapshot(project, config, AS_OF, tell=print) is None

    with sqlite3.connect(project / "power.db") as base:
        base.execute("insert into power values ('2026-01-02', 2.5)")
    snapshot = take_snapshot(project, config, AS_OF, tell=print)

    assert snapshot is not None
    table = pl.read_parquet(project / snapshot.folder / "power.parquet")
    assert table.rows() == [("2026-01-01", 1.5), ("2026-01-02", 2.5)]
    assert f"{snapshot.folder.as_posix()}/power.parquet" in (project / "params.yaml").read_text()
    assert not (project / ".convoy" / "asked").exists()


def test_a_database_that_does_not_answer_leaves_everything_as_it_was(asked):
    project, config = asked
    before = (project / "params.yaml").read_text()
    with sqlite3.connect(project / "power.db") as base:
        base.execute("drop table power")

    with pytest.raises(DataError, match=r"does not answer flow\.new_query: no such table: power"):
        take_snapshot(project, config, AS_OF, tell=print)

    assert (project / "params.yaml").read_text() == before
    assert snapshots(project) == ["2026-01-01"]
    assert not (project / ".convoy" / "asked").exists()


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ({"new_data": "sqlite:///power.db"}, "is a database; say what it is asked in flow.new_query"),
        ({"new_data": "live.csv", "new_query": "select 1"}, r"flow\.new_data=live\.csv is none"),
        ({"new_query": "select 1"}, r"flow\.new_data=None is none"),
        ({"new_data": "postgresql://me:secret@here/b", "new_query": "select 1"}, "holds a password"),
    ],
)
def test_a_query_and_a_database_belong_together(flow, words):
    with pytest.raises(ValueError, match=words) as error:
        Config.model_validate({"flow": flow})

    assert "secret" not in str(error.value).partition("input_value")[0]
