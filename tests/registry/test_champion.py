"""The champion is always there, whole, and the one that the registry names."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.foundation.folder import stage_folder
from pipeline.registry.blessing import Blessing
from pipeline.registry.champion import (
    Registry,
    champion_folder,
    entry_of,
    read_registry,
    registry_folder,
    version_folder,
    write_registry,
)


@pytest.fixture
def promote(tmp_path: Path, lineage):
    """Return a function that registers a version whose bundle holds one file."""

    def call(version: str, **blessing) -> Path:
        with stage_folder(version_folder(tmp_path, version)) as bundle:
            (bundle / "weights.txt").write_text(version)
        told = {
            "blessed": True, "reason": "it is better", "challenger": "cnn-lstm", "champion": None, "drift": False,
            "margin": 0.0, **blessing,
        }  # fmt: skip
        entry = entry_of(
            lineage(version=version), Blessing(**told), promoted="2026-01-01T00:00:00+00:00", commit=None
        )
        before = read_registry(tmp_path)
        after = before.model_copy(update={"versions": (*before.versions, entry)})
        write_registry(tmp_path, after.moved(version, "promoted"))
        return tmp_path

    return call


def test_without_a_promotion_there_is_no_champion_and_the_error_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match="has no champion yet; `convoy run`, then `convoy promote`"):
        champion_folder(tmp_path)

    assert read_registry(tmp_path) == Registry()


def test_the_champion_is_the_version_promoted_last(promote):
    promote("v1.0.0")
    project = promote("v1.1.0")

    assert (champion_folder(project) / "weights.txt").read_text() == "v1.1.0"


def test_the_one_before_is_the_last_other_champion_also_after_going_back(promote):
    promote("v1.0.0")
    promote("v1.1.0")
    project = promote("v2.0.0")
    registry = read_registry(project).moved("v1.0.0", "rolled back")

    assert read_registry(project).before() == "v1.1.0"
    assert registry.before() == "v2.0.0"


def test_a_registry_of_one_version_has_none_before(promote):
    with pytest.raises(ConfigError, match="no other version was champion before"):
        read_registry(promote("v1.0.0")).before()


def test_an_unknown_version_is_answered_with_those_there_are(promote):
    promote("v1.0.0")
    registry = read_registry(promote("v1.1.0"))

    with pytest.raises(ConfigError, match=r"there is no version v3.0.0; there are: v1.0.0, v1.1.0"):
        registry.entry("v3.0.0")


def test_a_changed_or_missing_file_of_the_champion_is_never_served(promote):
    project = promote("v1.0.0")
    weights = version_folder(project, "v1.0.0") / "weights.txt"

    weights.write_text("other")
    with pytest.raises(
        IntegrityError, match=r"weights.txt is not the file that was promoted.*convoy rollback v1.0.0"
    ):
        champion_folder(project)
    weights.unlink()
    with pytest.raises(IntegrityError, match="is not whole"):
        champion_folder(project)


def test_a_damaged_registry_is_told_and_never_taken_for_an_empty_one(promote):
    project = promote("v1.0.0")
    path = registry_folder(project) / "registry.json"
    path.write_text(path.read_text()[:40])

    with pytest.raises(IntegrityError, match=r"registry.json is damaged"):
        champion_folder(project)


def test_a_forced_version_says_so_and_why(promote):
    project = promote("v1.0.0", blessed=False, forced="sensor replaced", reason="within noise")

    entry = read_registry(project).entry("v1.0.0")
    assert entry.forced
    assert entry.reason == "forced (sensor replaced): within noise"


def test_force_on_a_blessed_model_leaves_no_mark(promote):
    entry = read_registry(promote("v1.0.0", forced="to be sure")).entry("v1.0.0")

    assert (entry.forced, entry.reason) == (False, "it is better")


SWITCHING = """
import sys
from pathlib import Path
from pipeline.registry.champion import read_registry, write_registry
project, names = Path(sys.argv[1]), ["v1.0.0", "v1.1.0"]
print("begun", flush=True)
for turn in range(400):
    known = read_registry(project)
    write_registry(project, known.model_copy(update={"champion": names[turn % 2]}))
"""


def test_who_reads_while_the_champion_switches_sees_one_or_the_other_and_never_half(promote):
    promote("v1.0.0")
    project = promote("v1.1.0")
    writer = subprocess.Popen(
        [sys.executable, "-c", SWITCHING, str(project)], stdout=subprocess.PIPE, text=True
    )
    writer.stdout.readline()
    seen = []
    while writer.poll() is None:
        folder = champion_folder(project)
        seen.append((folder.name, (folder / "weights.txt").read_text()))
    writer.stdout.close()

    assert writer.returncode == 0
    assert set(seen) == {("v1.0.0", "v1.0.0"), ("v1.1.0", "v1.1.0")}
