"""The input of a file of predictions is found where it lay, wherever that was, and verified by its hash."""

import json

import pytest

from flows.commands.lineage import _input
from pipeline.stages.predicted_input import told_input


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "power"
    (folder / "out").mkdir(parents=True)
    return folder


def link(project, told):
    return _input(told, project / "out" / "p.parquet", project)


def test_an_input_outside_the_project_is_found_where_it_lay(project, tmp_path):
    far = tmp_path / "elsewhere" / "new.csv"
    far.parent.mkdir()
    far.write_text("a\n1\n")

    found = link(project, told_input(str(far), project))

    assert (found.name, found.what, found.state) == ("input", "new.csv", "verified")
    assert str(far) in found.told


def test_an_input_of_the_project_is_found_after_both_have_moved(project):
    (project / "days").mkdir()
    (project / "days" / "new.csv").write_text("a\n1\n")
    told = told_input("days/new.csv", project)
    moved = project.rename(project.with_name("moved"))

    assert told["path"] == "days/new.csv"
    assert link(moved, told).state == "verified"


@pytest.mark.parametrize("source", ["scans", "scans/*.png"])
def test_a_folder_and_a_pattern_are_verified_by_names_and_bytes_of_all_their_files(project, source):
    (project / "scans").mkdir()
    for name in ("a.png", "b.png"):
        (project / "scans" / name).write_text(name)
    told = told_input(source, project)

    assert link(project, told).state == "verified"
    (project / "scans" / "b.png").rename(project / "scans" / "c.png")
    assert link(project, told).state == "unknown"


def test_an_input_that_moved_or_was_overwritten_is_told_so(project):
    file = project / "new.csv"
    file.write_text("a\n1\n")
    told = told_input("new.csv", project)
    file.write_text("a\n2\n")

    changed = link(project, told)
    file.unlink()
    gone = link(project, told)

    assert (changed.state, gone.state) == ("unknown", "unknown")
    assert changed.told.endswith(f"moved or gone: another one lies at {file} by now")
    assert gone.told.endswith(f"moved or gone: it lay at {file}")


def test_of_a_url_neither_query_nor_user_is_kept(project):
    told = told_input("https://me:secret@host/new.csv?sig=secret", project)

    assert told == {"name": "https://host/new.csv", "path": None, "sha256": None}
    assert "secret" not in json.dumps(told)
    assert "of which no hash was kept" in link(project, told).told


def test_a_file_of_an_earlier_release_is_looked_for_by_its_name(project):
    (project / "new.csv").write_text("a\n1\n")
    told = told_input("new.csv", project)
    del told["path"]

    assert link(project, told).state == "verified"
    (project / "new.csv").unlink()
    assert link(project, told).told.endswith("moved or gone: only its name was kept")
