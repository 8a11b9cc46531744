"""What surrounds a promotion: runs that have nothing to promote, leftovers, versions that are pruned."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.registry.promote import promote_project, prune
from flows.registry.rollback import roll_back
from flows.registry.settle import UNDERWAY, settle
from flows.runs.lock import only_writer
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.foundation.folder import stage_folder
from pipeline.registry.champion import (
    Registry,
    Version,
    champion_folder,
    read_registry,
    registry_folder,
    version_folder,
    write_registry,
)


def promoted(project: Path, *versions: str) -> Registry:
    """Register versions one after the other, each with a bundle of one file."""
    registry = Registry()
    for version in versions:
        with stage_folder(version_folder(project, version)) as bundle:
            (bundle / "weights.txt").write_text(version)
        entry = Version(
            version=version, promoted="2026-01-01T00:00:00+00:00", model="cnn-lstm", metric="accuracy", score=0.9,
            interval=None, data="d", fingerprint=version, reason="better", forced=False, commit=None,
        )  # fmt: skip
        known = registry.model_copy(update={"versions": (*registry.versions, entry)})
        registry = known.moved(version, "promoted")
    write_registry(project, registry)
    return registry


def folders(project: Path) -> list[str]:
    return sorted(path.name for path in registry_folder(project).glob("v*"))


@pytest.mark.e2e
def test_a_project_that_names_no_model_runs_and_promotes_nothing(elsewhere):
    result = elsewhere.convoy("run", "--promote")

    assert result.returncode == 0, result.stderr
    assert "not promoted: dvc.yaml names no artifact for data/analyze" in result.stdout


@pytest.mark.e2e
def test_a_promotion_that_cannot_be_carried_out_fails_the_run_with_its_sentence(done_elsewhere):
    path = done_elsewhere.folder / "dvc.yaml"
    named = {"artifacts": {"model": {"path": "data/analyze", "type": "model"}}}
    path.write_text(json.dumps(json.loads(path.read_text()) | named))

    result = done_elsewhere.convoy("run", "--promote")

    assert result.returncode == 5
    assert "error in promote: " in result.stderr
    assert "has no manifest.json" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_a_reason_is_needed_before_anything_is_looked_at(tmp_path):
    with pytest.raises(ConfigError, match="--force needs a reason"):
        promote_project(tmp_path, force="  ")


def test_old_versions_are_pruned_and_never_the_champion_or_the_one_before(tmp_path):
    registry = promoted(tmp_path, *(f"v1.{minor}.0" for minor in range(8)))
    registry = registry.moved("v1.2.0", "rolled back").moved("v1.0.0", "rolled back")

    prune(tmp_path, registry, keep=2)

    assert folders(tmp_path) == ["v1.0.0", "v1.2.0", "v1.6.0", "v1.7.0"]
    assert len(registry.versions) == 8


def test_what_a_killed_promotion_left_is_removed_and_what_is_registered_stays(tmp_path):
    promoted(tmp_path, "v1.0.0", "v1.1.0")
    with stage_folder(version_folder(tmp_path, "v1.2.0")) as bundle:
        (bundle / "weights.txt").write_text("never registered")
    (version_folder(tmp_path, "v1.3.0") / "analyze").mkdir(parents=True)
    (registry_folder(tmp_path) / UNDERWAY).write_text("v1.2.0")
    (registry_folder(tmp_path) / "index.123").write_text("left")

    settle(tmp_path, None)

    assert folders(tmp_path) == ["v1.0.0", "v1.1.0"]
    assert not (registry_folder(tmp_path) / "index.123").exists()
    assert not (registry_folder(tmp_path) / UNDERWAY).exists()
    assert champion_folder(tmp_path).name == "v1.1.0"


def test_a_scratch_folder_of_a_killed_promotion_is_removed_and_that_of_a_living_one_stays(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    scratch = registry_folder(tmp_path) / ".tmp"
    mine, left = scratch / f"v1.0.0.{os.getppid()}", scratch / f"v1.0.0.{int(dead.stdout)}"
    mine.mkdir(parents=True)
    left.mkdir()

    promoted(tmp_path, "v1.0.0")

    assert mine.is_dir()
    assert not left.exists()


def test_versions_without_the_file_that_names_the_champion_are_told_and_kept(tmp_path):
    promoted(tmp_path, "v1.0.0", "v1.1.0")
    (registry_folder(tmp_path) / "registry.json").unlink()

    with pytest.raises(IntegrityError, match=r"no registry.json says which is the champion"):
        settle(tmp_path, None)

    assert folders(tmp_path) == ["v1.0.0", "v1.1.0"]


@pytest.mark.parametrize("content", ["{}", "older"])
def test_models_that_an_empty_or_older_registry_does_not_know_are_told_and_kept(tmp_path, content):
    older = promoted(tmp_path, "v1.0.0")
    right = promoted(tmp_path, "v1.0.0", "v1.1.0")
    (version_folder(tmp_path, "v1.2.0") / "analyze").mkdir(parents=True)
    path = registry_folder(tmp_path) / "registry.json"
    path.write_text("{}") if content == "{}" else write_registry(tmp_path, older)

    with pytest.raises(IntegrityError, match=r"is a model that registry\.json does not know.*put back the"):
        roll_back(tmp_path, "v1.0.0")
    assert folders(tmp_path) == ["v1.0.0", "v1.1.0", "v1.2.0"]

    write_registry(tmp_path, right)
    assert roll_back(tmp_path).startswith("v1.0.0 of 2026-01-01 is the champion again")
    assert folders(tmp_path) == ["v1.0.0", "v1.1.0"]


def test_with_git_the_tags_tell_of_the_models_that_the_registry_has_lost(two):
    path = registry_folder(two.project) / "registry.json"
    path.write_text("{}")

    with pytest.raises(IntegrityError, match=r"or remove registry\.json: the tags tell of all versions"):
        roll_back(two.project)
    path.unlink()

    assert roll_back(two.project).startswith("v1.0.0 of ")
    assert folders(two.project) == ["v1.0.0", "v2.0.0"]


HOLDING = """
import sys, time
from pathlib import Path
from flows.runs.lock import only_writer
with only_writer(Path(sys.argv[1]), "convoy promote"):
    print("held", flush=True)
    time.sleep(1.5)
"""


def test_who_changes_the_registry_waits_for_whoever_does_already(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    other.stdout.readline()
    began = time.monotonic()

    with only_writer(tmp_path, "convoy rollback"):
        waited = time.monotonic() - began
        holder = json.loads((registry_folder(tmp_path) / "lock").read_text())

    other.communicate()
    assert waited > 1.0
    assert holder["what"] == "convoy rollback"
    assert read_registry(tmp_path) == Registry()
