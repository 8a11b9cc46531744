"""What a snapshot of a folder holds, what it is named after, and when it is refused."""

import os
import shutil
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.versions.command import call_dvc
from flows.versions.copying import copy_whole, is_same
from flows.versions.incoming import incoming_files
from flows.versions.past import read_as_of, snapshot_as_of
from flows.versions.pointing import snapshot_in_use
from flows.versions.taking import take_snapshot
from pipeline.config import Config
from pipeline.foundation.errors import BusyError, ConfigError, DataError
from pipeline.params import params_text, read_config

OLD = "data/raw/power/2026-01-01"
NOBODY = 65534


def settings(path, new_data):
    return Config.model_validate(
        {
            "sources": {"kind": "csv", "path": path, "time": "time"},
            "flow": {"new_data": str(new_data)},
            "preprocessing": {"kind": "windows"},
            "heads": {"kind": "forecast"},
            "extraction": {"kind": "conv1d"},
        }
    )


@pytest.fixture
def place(tmp_path):
    """A folder with a file, a subfolder, and a link to a folder elsewhere."""
    for name in ("live/a.csv", "live/sub/b.csv", "elsewhere/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "live" / "link").symlink_to("../elsewhere")
    return tmp_path / "live"


@pytest.fixture
def project(tmp_path, place):
    """A project under DVC that reads a snapshot of that folder."""
    folder = tmp_path / "project"
    shutil.copytree(place, folder / OLD)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    call_dvc(["init", "--quiet", "--no-scm"], folder)
    call_dvc(["add", "--quiet", OLD], folder)
    return folder


def write(project, path, place):
    config = settings(path, place)
    (project / "params.yaml").write_text(params_text(config))
    return config


def below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_lies_behind_a_link_to_a_folder_is_taken_too(project, place):
    config = write(project, OLD, place)
    assert take_snapshot(project, config, datetime.now(UTC), tell=print) is None
    (place / "a.csv").write_text("other\n")

    snapshot = take_snapshot(project, config, datetime.now(UTC), tell=print)

    assert snapshot is not None
    assert below(project / snapshot.folder) == ["a.csv", "link/c.csv", "sub/b.csv"]


def test_a_link_to_a_folder_above_adds_nothing(place, tmp_path):
    (place / "sub" / "above").symlink_to("..")

    assert sorted(incoming_files(str(place), tmp_path, place).files) == ["a.csv", "link/c.csv", "sub/b.csv"]


def test_a_link_to_nothing_is_told(place, tmp_path):
    (place / "sub" / "gone.csv").symlink_to("nothing")

    with pytest.raises(DataError, match=r"holds sub/gone\.csv, a link to nothing"):
        incoming_files(str(place), tmp_path, place)


def test_a_folder_that_may_not_be_read_is_told_and_not_left_out(tmp_path):
    home = Path(tempfile.mkdtemp())  # root reads everything, so another user looks, who has to get there
    closed = home / "live" / "closed"
    closed.mkdir(parents=True)
    (closed / "a.csv").write_text("a")
    (home / "live" / "b.csv").write_text("b")
    home.chmod(0o755)
    closed.chmod(0)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(NOBODY)
        with pytest.raises(DataError, match="closed cannot be listed"):
            incoming_files(str(home / "live"), tmp_path, home)
    finally:
        os.seteuid(me)
        closed.chmod(0o755)
        shutil.rmtree(home)


@pytest.mark.parametrize("spelling", [f"./{OLD}", OLD.replace("/", "//"), f"././{OLD.replace('/', '/./')}"])
def test_a_path_is_exchanged_however_it_is_spelt(project, place, spelling):
    config = write(project, spelling, place)
    (place / "a.csv").write_text("other\n")

    snapshot = take_snapshot(project, config, datetime.now(UTC), tell=print)

    assert snapshot is not None
    again = read_config(project / "params.yaml")
    assert snapshot_in_use(again) == snapshot.folder
    assert take_snapshot(project, again, datetime.now(UTC), tell=print) is None


def test_a_path_that_cannot_be_exchanged_is_told_and_nothing_is_taken(project, place):
    config = write(project, OLD, place)
    text = (
        (project / "params.yaml")
        .read_text()
        .replace(f"path: {OLD}", f'path: "{OLD.replace("-", chr(92) + "x2d")}"')
    )
    (project / "params.yaml").write_text(text)
    (place / "a.csv").write_text("other\n")

    with pytest.raises(ConfigError, match="still names the snapshot"):
        take_snapshot(project, config, datetime.now(UTC), tell=print)

    assert (project / "params.yaml").read_text() == text
    assert [path.name for path in (project / "data/raw/power").iterdir() if path.is_dir()] == ["2026-01-01"]


@pytest.mark.parametrize("late", [timedelta(hours=5), -timedelta(hours=5)])
def test_what_is_taken_for_another_time_is_named_after_now_and_not_seen_at_that_time(project, place, late):
    config = write(project, OLD, place)
    (place / "a.csv").write_text("other\n")
    before = datetime.now(UTC).replace(microsecond=0)

    snapshot = take_snapshot(project, config, before - late, tell=print)

    assert snapshot is not None
    assert snapshot_as_of(project, snapshot.folder, before - timedelta(seconds=1)) == Path(OLD)
    assert snapshot_as_of(project, snapshot.folder, datetime.now(UTC)) == snapshot.folder


def test_what_is_taken_in_time_is_named_after_that_time(project, place):
    config = write(project, OLD, place)
    (place / "a.csv").write_text("other\n")
    as_of = datetime.now(UTC) - timedelta(seconds=20)

    snapshot = take_snapshot(project, config, as_of, tell=print)

    assert snapshot is not None
    assert snapshot.folder.name.startswith(f"{as_of:%Y-%m-%dT%H%M}")


def spoil(folder):
    (folder / "sub" / "b.csv").write_text("edited in its place\n")


def add(folder):
    (folder / "sub" / "more.csv").write_text("by hand\n")


def damage(folder):
    shutil.rmtree(folder)
    for path in (folder.parents[3] / ".dvc" / "cache" / "files" / "md5").rglob("*"):
        if path.is_file() and path.read_bytes() == b"live/sub/b.csv\n":
            path.chmod(0o644)
            path.write_text("a bit fell over\n")


@pytest.mark.parametrize(("spoilt", "name"), [(spoil, "b"), (add, "more"), (damage, "b")])
def test_a_past_snapshot_that_is_not_what_was_taken_is_told(project, place, spoilt, name):
    config = write(project, OLD, place)
    now = datetime.now(UTC)
    assert read_as_of(project, config, now) == Path(OLD)
    spoilt(project / OLD)

    with pytest.raises(DataError, match=rf"sub/{name}\.csv is not what was taken then"):
        read_as_of(project, config, now)


@pytest.mark.parametrize("name", ["", "data", "data/raw/power", ".convoy/downloads", ".dvc", ".."])
def test_the_projects_own_folders_bring_no_new_data(project, name):
    with pytest.raises(ConfigError, match="lie one in the other"):
        incoming_files(str(project / name), project, project / OLD)


def test_a_folder_that_changes_after_its_first_files_were_copied_is_not_taken(place, tmp_path):
    files = incoming_files(str(place), tmp_path, place).files

    def listed():  # called once all are copied
        (place / "a.csv").write_text("changed since\n")
        return incoming_files(str(place), tmp_path, place).files

    with pytest.raises(BusyError, match=r"a\.csv was written while it was copied"):
        copy_whole(files, tmp_path / "snapshot", listed=listed)
    assert not (tmp_path / "snapshot").exists()


def test_a_file_that_comes_while_others_are_copied_is_waited_for(place, tmp_path):
    files = incoming_files(str(place), tmp_path, place).files
    (place / "d.csv").write_text("more\n")

    with pytest.raises(BusyError, match=r"d\.csv came while the new data were copied"):
        copy_whole(
            files, tmp_path / "snapshot", listed=lambda: incoming_files(str(place), tmp_path, place).files
        )
    assert not (tmp_path / "snapshot").exists()


def test_a_user_whom_nobody_knows_is_told(tmp_path):
    with pytest.raises(ConfigError, match="names a user that this machine does not know"):
        incoming_files("~nobody-of-this-name/x", tmp_path, tmp_path)


def test_a_file_that_is_gone_before_it_is_compared_is_told(place, tmp_path):
    snapshot = tmp_path / "snapshot"
    shutil.copytree(place, snapshot)
    files = incoming_files(str(place), tmp_path, snapshot).files
    (place / "a.csv").unlink()

    with pytest.raises(BusyError, match=r"a\.csv went away while it was compared"):
        is_same(files, snapshot)


BESIDE = (
    ".DS_Store",
    "sub/Thumbs.db",
    "b.csv.tmp",
    "c.csv.part",
    "~$d.csv",
    ".~lock.a.csv#",
    "a.csv~",
    "note.md",
)


def test_what_systems_and_programs_leave_beside_data_is_left_out_and_told(project, place):
    config = write(project, OLD, place)
    for name in BESIDE:
        (place / name).write_text("no data")
    heard = []

    assert take_snapshot(project, config, datetime.now(UTC), tell=heard.append) is None
    (place / "a.csv").write_text("other\n")
    snapshot = take_snapshot(project, config, datetime.now(UTC), tell=heard.append)

    assert snapshot is not None
    assert below(project / snapshot.folder) == ["a.csv", "link/c.csv", "sub/b.csv"]
    assert heard == ["left out 8 files, such as .DS_Store, which sources does not read"] * 2


def test_what_an_older_snapshot_holds_beside_data_makes_no_new_one(project, place):
    config = write(project, OLD, place)
    (project / OLD / ".DS_Store").write_text("taken when everything was")

    assert take_snapshot(project, config, datetime.now(UTC), tell=print) is None


def test_a_folder_with_nothing_that_the_source_reads_is_told(project, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "power.csv.part").write_text("half")
    config = write(project, OLD, tmp_path / "empty")

    with pytest.raises(
        DataError, match=r"holds no file that sources reads; it holds 1 file, such as power\.csv"
    ):
        take_snapshot(project, config, datetime.now(UTC), tell=print)


def test_a_file_whose_writer_pauses_between_its_lines_is_not_taken(place, tmp_path):
    def write_on():
        with (place / "sub" / "b.csv").open("a") as file:
            for _ in range(5):
                file.write("one more line\n")
                file.flush()
                time.sleep(0.8)

    writer = threading.Thread(target=write_on)
    writer.start()
    time.sleep(0.2)

    with pytest.raises(BusyError, match=r"b\.csv was written while it was copied"):
        copy_whole(incoming_files(str(place), tmp_path, place).files, tmp_path / "snapshot")
    writer.join()
    assert not (tmp_path / "snapshot").exists()
