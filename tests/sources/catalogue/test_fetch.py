"""From a mirror to a folder: whole and checked, or not at all."""

import os
import shutil
from pathlib import Path

import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.catalogue.fetch import fetch

MIRROR = Path(__file__).parents[4] / "shared" / "datasets"
pytestmark = pytest.mark.skipif(
    not MIRROR.is_dir(), reason=f"{MIRROR} is not there: the shared data sets are missing"
)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch) -> Path:
    """Return a mirror of our own with two small sets, that tests may damage."""
    own = tmp_path / "mirror"
    for name in ("airline_passengers", "frames_demo"):
        shutil.copytree(MIRROR / name, own / name)
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(own))
    return own


def test_a_set_with_folders_arrives_whole(mirror: Path, tmp_path: Path):
    folder = fetch("frames_demo", tmp_path / "raw")

    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 66
    assert (folder / "demo_dataset" / "annotations.txt").read_bytes() == (
        mirror / "frames_demo" / "demo_dataset" / "annotations.txt"
    ).read_bytes()


def test_a_second_call_does_nothing(mirror: Path, tmp_path: Path):
    file = fetch("airline_passengers", tmp_path / "raw") / "airline-passengers.csv"
    before = file.stat().st_mtime_ns
    shutil.rmtree(mirror)

    fetch("airline_passengers", tmp_path / "raw")

    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["change", "add", "remove"])
def test_a_mirror_with_other_bytes_is_told_in_one_sentence_and_leaves_nothing(
    damage, mirror: Path, tmp_path: Path
):
    file = mirror / "airline_passengers" / "airline-passengers.csv"
    match damage:
        case "change":
            file.write_bytes(file.read_bytes().replace(b"112", b"113"))
        case "add":
            (file.parent / "more.csv").write_bytes(b"")
        case "remove":
            file.unlink()

    with pytest.raises(DataError, match="is not the airline_passengers of the catalogue") as error:
        fetch("airline_passengers", tmp_path / "raw")

    assert len(str(error.value).splitlines()) == 1
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_mirror_that_is_no_folder_is_told(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(tmp_path / "nowhere"))

    with pytest.raises(DataError, match=r"CONVOY_DATA_MIRROR=.* is no folder"):
        fetch("airline_passengers", tmp_path / "raw")


def test_a_set_that_only_a_mirror_can_hold_says_so(mirror: Path, tmp_path: Path):
    with pytest.raises(
        DataError, match=r"cardio has no public address with these bytes .*github\.com/sarthakjain36"
    ):
        fetch("cardio", tmp_path / "raw")

    assert list((tmp_path / "raw").iterdir()) == []


def test_something_else_in_the_way_is_left_alone(mirror: Path, tmp_path: Path):
    (tmp_path / "airline_passengers").mkdir()
    for name in ("mine.csv", "too.csv"):
        (tmp_path / "airline_passengers" / name).write_text("mine")

    with pytest.raises(DataError, match="is in the way: it holds 2 files"):
        fetch("airline_passengers", tmp_path)

    assert (tmp_path / "airline_passengers" / "mine.csv").read_text() == "mine"


def test_what_a_killed_call_left_is_cleared_away_and_a_running_one_is_not(mirror: Path, tmp_path: Path):
    dead, alive = (tmp_path / f".airline_passengers.{n}.part" for n in (999_999_999, os.getppid()))
    dead.mkdir()
    alive.mkdir()

    fetch("airline_passengers", tmp_path)

    assert not dead.exists()
    assert alive.exists()


@pytest.mark.parametrize(
    ("name", "file", "count"),
    [
        ("fsdd", "recordings/0_george_0.wav", 3000),
        ("asl_gesture_frames", "images/jack/A0.jpg", 2240),
    ],
)
def test_a_set_in_an_archive_is_unpacked(name, file, count, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(MIRROR))

    folder = fetch(name, tmp_path)

    assert (folder / file).is_file()
    assert sum(path.is_file() for path in folder.rglob("*")) == count
    assert not list(folder.rglob("*.tar"))
