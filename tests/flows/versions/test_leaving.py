"""Old snapshots leave their folder and come back, and DVC's cache lets go of what nothing names."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.registry.chain import Link, Origin, _snapshots
from flows.versions.command import call_dvc
from flows.versions.copying import clear_halves
from flows.versions.leaving import let_leave
from flows.versions.past import read_as_of
from flows.versions.sweep import sweep_cache
from pipeline.foundation.errors import DataError
from pipeline.params import read_config
from tests.flows.versions.conftest import HOME, NIGHTS

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)


def table(nights, night):
    return (nights.folder / HOME / night / "power.csv").read_text()


def as_of(nights, moment):
    return read_as_of(nights.folder, read_config(nights.folder / "params.yaml"), moment)


def cached(nights):
    return sum(path.is_file() for path in (nights.folder / ".dvc/cache/files/md5").rglob("*"))


def lineage(nights) -> list[Link]:
    """Return the link to the snapshot of a model that was made from the lock as it is."""
    lock = (nights.folder / "dvc.lock").read_text()
    return list(_snapshots(Origin(nights.folder, nights.folder, lock)))


def test_the_newest_stay_and_older_ones_come_back_for_a_backfill(nights):
    nights.set(keep_snapshots=2)

    told = list(let_leave(nights.folder))

    assert nights.here() == [*NIGHTS[2:]]
    assert [line.split(" went")[0] for line in told] == [f"{HOME}/{night}" for night in NIGHTS[:2]]
    assert as_of(nights, FIRST) == Path(HOME, NIGHTS[0])
    assert table(nights, NIGHTS[0]) == "time,load\n0,0\n"


def test_all_stay_where_nothing_is_said_of_new_data_or_none_is_to_go(nights):
    nights.set(keep_snapshots=None)
    assert list(let_leave(nights.folder)) == []

    nights.set(keep_snapshots=1, new_data=None)
    assert list(let_leave(nights.folder)) == []

    assert nights.here() == [*NIGHTS]


def test_what_settings_or_lock_read_stays_however_old_it_is(nights):
    nights.read(NIGHTS[1])
    lock = (nights.folder / "dvc.lock").read_text()
    nights.read(NIGHTS[0])
    (nights.folder / "dvc.lock").write_text(lock)  # as before a run
    nights.set(keep_snapshots=1)

    list(let_leave(nights.folder))

    assert nights.here() == [NIGHTS[0], NIGHTS[1], NIGHTS[3]]


def test_the_lineage_of_a_model_verifies_after_its_snapshot_left(nights):
    nights.read(NIGHTS[0])
    (before,) = lineage(nights)
    lock = (nights.folder / "dvc.lock").read_text()
    nights.read(NIGHTS[-1])
    nights.set(keep_snapshots=1)

    list(let_leave(nights.folder))

    (nights.folder / "dvc.lock").write_text(lock)
    (after,) = lineage(nights)
    assert not (nights.folder / HOME / NIGHTS[0]).exists()
    assert (before.state, after.state) == ("verified", "verified")
    assert after.told.startswith("in DVC's cache")


def edit(folder, _cache):
    (folder / "power.csv").write_text("time,load\n0,7\n")


def add(folder, _cache):
    (folder / "more.csv").write_text("time,load\n")


def lose(_folder, cache):
    for path in cache.rglob("*"):
        if path.is_file() and path.read_bytes() == b"time,load\n0,0\n":
            path.unlink()


def damage(_folder, cache):
    for path in cache.rglob("*"):
        if path.is_file() and path.read_bytes() == b"time,load\n0,0\n":
            path.chmod(0o644)
            path.write_bytes(b"time,load\n0,9\n")


@pytest.mark.parametrize("spoilt", [edit, add, lose, damage])
def test_a_snapshot_whose_every_byte_dvc_does_not_hold_stays(nights, spoilt):
    folder = nights.folder / HOME / NIGHTS[0]
    spoilt(folder, nights.folder / ".dvc/cache/files/md5")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    nights.set(keep_snapshots=3)

    told = list(let_leave(nights.folder))

    assert len(told) == 1
    assert "stays where it is: DVC's cache does not hold every byte of it" in told[0]
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_links_into_the_cache_cost_nothing_and_stay(nights, link):
    call_dvc(["config", "cache.type", link], nights.folder)
    call_dvc(["checkout", "--quiet", "--relink", f"{HOME}/{NIGHTS[0]}.dvc"], nights.folder)
    nights.set(keep_snapshots=3)

    assert list(let_leave(nights.folder)) == []
    assert nights.here() == [*NIGHTS]


def test_dvc_keeps_a_snapshot_that_left_and_runs_nothing_for_it(nights):
    nights.set(keep_snapshots=1)
    list(let_leave(nights.folder))
    before, lock = cached(nights), (nights.folder / "dvc.lock").read_text()

    call_dvc(["gc", "--workspace", "--force", "--quiet"], nights.folder)
    call_dvc(["repro", "--quiet"], nights.folder)

    assert nights.here() == [NIGHTS[-1]]
    assert (nights.folder / "dvc.lock").read_text() == lock
    assert cached(nights) == before - 2  # list and file of the first night's results
    assert as_of(nights, FIRST) == Path(HOME, NIGHTS[0])


def test_what_nothing_names_goes_from_the_cache_with_old_snapshots_and_a_backfill_says_so(nights):
    nights.set(keep_snapshots=1)
    list(let_leave(nights.folder))
    assert sweep_cache(nights.folder, 1) is None  # everything is of today

    told = sweep_cache(nights.folder, 0)

    assert told is not None and "objects" in told
    assert (
        cached(nights) == 4
    )  # lists and files of the newest snapshot and of what was made of it share the bytes
    call_dvc(["checkout", "--quiet", f"{HOME}/{NIGHTS[-1]}.dvc", "ingest"], nights.folder)
    with pytest.raises(DataError, match=rf"the snapshot {HOME}/{NIGHTS[0]} is gone: .*flow\.keep_cache_days"):
        as_of(nights, FIRST)
    assert not (nights.folder / HOME / NIGHTS[0]).exists()


def by_tag(nights):
    nights.git("add", "dvc.lock", f"{HOME}/{NIGHTS[0]}.dvc")
    nights.git("commit", "-qm", "first")
    nights.git("tag", "model@v1.0.0")
    nights.git("checkout", "-q", "--orphan", "other")
    nights.git("commit", "-q", "--allow-empty", "-m", "nothing of it")
    nights.git("branch", "-D", "master") if (nights.folder / ".git/refs/heads/master").exists() else None


def by_backfill(nights):
    kept = nights.folder / ".convoy" / "backfill" / NIGHTS[0]
    kept.mkdir(parents=True)
    shutil.copyfile(nights.folder / "dvc.lock", kept / "lock.yaml")


def by_version(nights):
    by_tag(nights)
    head = (nights.folder / ".git/refs/tags/model@v1.0.0").read_text().strip()
    nights.git("tag", "-d", "model@v1.0.0")
    (nights.folder / ".convoy/registry").mkdir(parents=True)
    (nights.folder / ".convoy/registry/registry.json").write_text(f'{{"commit": "{head}"}}')


@pytest.mark.parametrize("named", [by_tag, by_backfill, by_version])
def test_what_a_tag_a_version_or_a_backfill_needs_stays_in_the_cache(nights, named):
    nights.read(NIGHTS[0])
    lock = (nights.folder / "dvc.lock").read_text()
    named(nights)
    nights.read(NIGHTS[-1])
    nights.set(keep_snapshots=1)
    list(let_leave(nights.folder))

    told = sweep_cache(nights.folder, 0)

    assert told is not None  # of the two nights between
    assert as_of(nights, FIRST) == Path(HOME, NIGHTS[0])
    (nights.folder / "dvc.lock").write_text(lock)
    assert [link.state for link in lineage(nights)] == ["verified"]
    call_dvc(["checkout", "--quiet", "--force", "ingest"], nights.folder)
    assert (nights.folder / "data/ingest/power.csv").read_text() == "time,LOAD\n0,0\n"
    with pytest.raises(DataError, match="is gone"):
        as_of(nights, datetime(2026, 1, 2, 12, tzinfo=UTC))


def test_a_cache_outside_the_project_is_left_alone(nights, tmp_path):
    shutil.copytree(nights.folder / ".dvc/cache", tmp_path / "shared")
    call_dvc(["cache", "dir", str(tmp_path / "shared")], nights.folder)
    before = sorted((tmp_path / "shared").rglob("*"))

    told = sweep_cache(nights.folder, 0)

    assert told is not None and "may be shared" in told
    assert sorted((tmp_path / "shared").rglob("*")) == before


HOLDER = "from dvc.repo import Repo; lock = Repo('.').lock; lock.lock(); print('held', flush=True); input()"


def test_a_dvc_that_works_in_the_project_keeps_its_objects(nights):
    call_dvc(["remove", "--quiet", f"{HOME}/{NIGHTS[0]}.dvc"], nights.folder)
    before = cached(nights)
    command, pipe = [sys.executable, "-c", HOLDER], subprocess.PIPE
    with subprocess.Popen(command, cwd=nights.folder, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        told = sweep_cache(nights.folder, 0)
        holder.communicate("\n")

    assert told is not None and told.startswith("another DVC command holds the project")
    assert cached(nights) == before


def test_half_a_snapshot_that_a_kill_left_is_none_and_is_cleared(nights):
    half = nights.folder / HOME / f".{NIGHTS[0]}.left"
    (nights.folder / HOME / NIGHTS[0]).rename(half)

    assert as_of(nights, FIRST) == Path(HOME, NIGHTS[0])
    clear_halves(nights.folder / HOME)

    assert not half.exists()
    assert table(nights, NIGHTS[0]) == "time,load\n0,0\n"
