"""A snapshot that somebody changed after it was taken is told before anything is made of it."""

import os
import re

import pytest

from flows.doctor.project_checks import examine_project
from flows.versions.command import call_dvc
from flows.versions.edited import edited_snapshots, require_unedited
from flows.versions.graph import read_plan
from flows.versions.leaving import let_leave
from pipeline.foundation.errors import DataError
from pipeline.params import read_config
from tests.flows.conftest import OLD
from tests.flows.versions.conftest import HOME, NIGHTS


def change(folder):
    (folder / "power.csv").write_text("time,load\n3,4\n")


def add(folder):
    (folder / "more.csv").write_text("time,load\n")


def remove(folder):
    (folder / "power.csv").rename(folder / "gone.csv")


def looked(nights):
    config = read_config(nights.folder / "params.yaml")
    return require_unedited(nights.folder, config, read_plan(nights.folder))


def said(nights):
    wanted = ("problem", "warn")
    return [
        (found.level, found.mend)
        for found in examine_project(nights.folder)
        if found.level in wanted and HOME in found.what
    ]


@pytest.mark.parametrize(("edit", "name"), [(change, "power"), (add, "more"), (remove, "gone")])
def test_the_snapshot_in_use_is_an_error_with_the_way_out_and_a_problem_for_the_doctor(nights, edit, name):
    folder = f"{HOME}/{NIGHTS[-1]}"
    edit(nights.folder / folder)
    back = f"`dvc checkout --force {folder}.dvc` brings back what was taken"
    mend = f"{back}; if it was meant, `dvc add {folder}` keeps it"

    with pytest.raises(DataError, match=rf"{name}\.csv is not what was taken: .*; {re.escape(mend)}$"):
        looked(nights)

    assert said(nights) == [("problem", mend)]
    call_dvc(["add", "--quiet", folder], nights.folder)
    assert looked(nights) == []
    assert said(nights) == []


def test_an_older_one_is_told_and_stops_nothing(nights):
    change(nights.folder / HOME / NIGHTS[1])

    (told,) = looked(nights)

    assert told.startswith(f"{HOME}/{NIGHTS[1]}/power.csv is not what was taken")
    assert [level for level, _ in said(nights)] == ["warn"]


def test_what_only_has_a_new_time_or_left_or_was_looked_at_in_a_window_is_not_edited(nights):
    os.utime(nights.folder / HOME / NIGHTS[-1] / "power.csv")
    (nights.folder / HOME / NIGHTS[-2] / ".DS_Store").write_bytes(b"where the window stood")
    nights.set(keep_snapshots=2)
    assert len(list(let_leave(nights.folder))) == 2

    assert edited_snapshots(nights.folder, read_plan(nights.folder)) == {}
    assert said(nights) == []


@pytest.mark.e2e
def test_a_run_says_so_before_it_looks_for_new_data_and_before_its_first_stage(fed):
    mini, place = fed
    place.write_text("first\nsecond\n")
    (mini.folder / OLD / "power.csv").write_text("edited\n")
    begun = mini.trace("begins")

    ended = mini.convoy("run")

    assert ended.returncode == DataError.exit_code
    assert ended.stderr.count(f"{OLD}/power.csv is not what was taken") == 1
    assert mini.trace("begins") == begun
    assert [path.name for path in (mini.folder / OLD).parent.glob("2*") if path.is_dir()] == ["2026-01-01"]
