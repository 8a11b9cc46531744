"""``convoy data`` as a user meets it: a table, a page, and a data set under DVC."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MIRROR = ROOT.parent / "shared" / "datasets"
needs_mirror = pytest.mark.skipif(
    not MIRROR.is_dir(), reason=f"{MIRROR} is not there: the shared data sets are missing"
)


def convoy(*arguments: str, cwd: Path, mirror: Path | None = MIRROR) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CONVOY_")}
    more = {"CONVOY_DATA_MIRROR": str(mirror)} if mirror else {}
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli.main import main; main()", *arguments],
        cwd=cwd,
        env={**kept, **more, "PYTHONPATH": str(ROOT), "CONVOY_CACHE": str(cwd / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder under git and DVC."""
    quiet = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    for command in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=quiet)
    return tmp_path


def test_the_list_is_a_table_that_fits_the_terminal(tmp_path: Path):
    done = convoy("data", "list", cwd=tmp_path, mirror=None)

    lines = done.stdout.splitlines()
    assert lines[0].split() == ["name", "task", "head", "size", "licence", "where"]
    assert len(lines) > 27
    assert max(map(len, lines)) <= 100
    assert next(line for line in lines if line.startswith("ett ")).split()[-1] == "internet"
    assert next(line for line in lines if line.startswith("cardio ")).split()[-1] == "—"


@needs_mirror
def test_programs_read_the_list_as_json(tmp_path: Path):
    listed = json.loads(convoy("data", "list", "--json", cwd=tmp_path).stdout)

    found = {entry["name"]: entry for entry in listed}
    assert found["cardio"]["where"] == "mirror"
    assert found["cardio"]["settings"]["sources.target"] == "cardio"
    assert found["bloodmnist"]["where"] == "internet"


def test_a_set_is_shown_with_its_licence_and_whom_to_cite(tmp_path: Path):
    said = convoy("data", "show", "fsdd", cwd=tmp_path, mirror=None).stdout

    for piece in (
        "CC BY-SA 4.0",
        "10.5281/zenodo.1342401",
        "sources.kind: audio",
        "only in a mirror",
        "init DIR --data-set fsdd",
    ):
        assert piece in said


def test_a_misspelt_name_ends_with_a_sentence(tmp_path: Path):
    done = convoy("data", "get", "etth", cwd=tmp_path)

    assert done.returncode == 3
    assert done.stderr == "error: the catalogue has no data set 'etth'; did you mean ett?\n"


@needs_mirror
def test_a_set_lands_in_data_raw_under_dvc_and_a_second_call_does_nothing(project: Path):
    first = convoy("data", "get", "airline_passengers", cwd=project)
    second = convoy("data", "get", "airline_passengers", cwd=project)

    raw = project / "data" / "raw"
    assert first.returncode == 0, first.stderr
    assert "under DVC; keep data/raw/airline_passengers.dvc" in first.stdout
    assert second.stdout == "data/raw/airline_passengers is there already, under DVC\n"
    assert sorted(path.name for path in raw.iterdir()) == [
        ".gitignore", "airline_passengers", "airline_passengers.dvc",
    ]  # fmt: skip


@needs_mirror
def test_a_deleted_set_comes_back_from_the_cache_of_dvc(project: Path):
    convoy("data", "get", "airline_passengers", cwd=project)
    file = project / "data" / "raw" / "airline_passengers" / "airline-passengers.csv"
    content = file.read_bytes()
    file.unlink()
    file.parent.rmdir()

    done = convoy("data", "get", "airline_passengers", cwd=project, mirror=None)

    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == content


@needs_mirror
def test_outside_a_project_it_just_lands(tmp_path: Path):
    here = convoy("data", "get", "airline_passengers", cwd=tmp_path)
    there = convoy("data", "get", "airline_passengers", "--to", "elsewhere", cwd=tmp_path)

    assert here.stdout.startswith("data/raw/airline_passengers holds 144 months")
    assert there.stdout.startswith("elsewhere/airline_passengers holds 144 months")
    assert (tmp_path / "elsewhere" / "airline_passengers" / "airline-passengers.csv").stat().st_size == 2180


def test_a_download_that_fails_leaves_nothing(project: Path):
    done = convoy("data", "get", "cardio", cwd=project, mirror=None)

    assert done.returncode == 3
    assert "CONVOY_DATA_MIRROR" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((project / "data" / "raw").iterdir()) == []
