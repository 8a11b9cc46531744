"""Which snapshot was there at a past time."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.versions.past import snapshot_as_of, snapshots

CURRENT = Path("data/raw/power/2026-01-05T0300Z")


@pytest.fixture
def project(tmp_path, monkeypatch):
    home = tmp_path / CURRENT.parent
    for name in (
        "2026-01-01",
        "2026-01-03T0300Z",
        "2026-01-03T0300Z-2",
        "2026-01-03T030040Z",
        "2026-01-05T0300Z",
        "2026-01-06",  # by `convoy init`, so before the next
        "2026-01-06T1500Z",
        "by-hand",
        "2026-13-01",
    ):
        (home / name).mkdir(parents=True)
    (home / "2026-01-04T0300Z.dvc").write_text("outs: []\n")  # only DVC's cache holds it
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield tmp_path
    time.tzset()


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-01-01T23:59", None),
        ("2026-01-03T02:59", "2026-01-01"),
        ("2026-01-03T03:00", "2026-01-03T0300Z-2"),
        ("2026-01-03T03:00:39", "2026-01-03T0300Z-2"),
        ("2026-01-03T03:00:40", "2026-01-03T030040Z"),
        ("2026-01-06T23:59", "2026-01-06T1500Z"),
        ("2026-01-07T00:00", "2026-01-06T1500Z"),
        ("2026-01-04T12:00", "2026-01-04T0300Z"),
        ("2026-01-05T02:59", "2026-01-04T0300Z"),
        ("2030-01-01T00:00", "2026-01-06T1500Z"),
    ],
)
def test_it_is_the_newest_that_had_been_taken_by_then(project, moment, name):
    found = snapshot_as_of(project, CURRENT, datetime.fromisoformat(moment).replace(tzinfo=UTC))

    assert found == (None if name is None else CURRENT.parent / name)


def test_folders_that_name_no_time_are_no_snapshots(project):
    assert len(snapshots(project, CURRENT)) == 8
