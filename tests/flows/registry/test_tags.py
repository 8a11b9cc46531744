"""Every folder that a project may lie in has names that git takes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.registry.rollback import roll_back
from flows.registry.settle import known_registry
from flows.registry.tags import spelt
from flows.versions.git import Git
from pipeline.foundation.errors import MachineError
from pipeline.registry.blessing import Blessing
from pipeline.registry.champion import registry_folder
from pipeline.registry.lineage import Lineage
from tests.flows.registry.conftest import BLESSING, LINEAGE, MODEL, Repository, begin, git

AWKWARD = [
    "my project",
    "a~b",
    "a:b",
    "what?",
    "[x]*",
    "back\\slash",
    ".hidden",
    "end.",
    "a..b",
    "x.lock",
    "a@{b",
]


@pytest.fixture
def inside(tmp_path: Path):
    """Return a function that makes a project in a folder of a repository."""

    def make(folder: str) -> Repository:
        root = begin(tmp_path / "repository").project
        project = root / folder
        project.mkdir(parents=True)
        (project / "params.yaml").write_text("a: 1\n")
        (project / "dvc.yaml").write_text(MODEL)
        return Repository(project)

    return make


@pytest.mark.parametrize("folder", [*AWKWARD, "teams/.my project/x.lock/y", "Prices_2026", "prix=été"])
def test_promotions_are_committed_and_tagged_from_any_folder(inside, folder):
    repository = inside(folder)
    repository.promote("v1.0.0")
    lineage = Lineage.model_validate({"version": "v1.1.0", **LINEAGE})
    suite = repository.project / "registry" / "quality.yaml"

    commit = repository.tags.commit(lineage, Blessing.model_validate(BLESSING), suite)

    assert repository.tags.git.resolve(repository.tags.branch) == commit
    assert (
        json.loads(git(repository.project, "show", f"{commit}:./registry/lineage.json"))["version"]
        == "v1.1.0"
    )
    assert list(repository.tags.versions()) == ["v1.0.0"]
    (registry_folder(repository.project) / "registry.json").unlink()
    assert known_registry(repository.project, repository.tags).champion == "v1.0.0"


def test_a_folder_with_a_space_goes_back_and_gto_and_dvc_read_its_tags(inside, tmp_path):
    repository = inside("my project")
    repository.promote("v1.0.0")
    repository.promote("v2.0.0")
    root, programs = repository.project.parent, Path(sys.executable).parent

    told = roll_back(repository.project, "v1.0.0")
    shown = subprocess.run([programs / "gto", "show", "--json"], cwd=root, capture_output=True, check=True)
    command = repository.tags.fetched_by("v1.0.0").replace("REPOSITORY", str(root))
    subprocess.run(f"{programs}/{command} --out {tmp_path}/got", shell=True, check=True)

    assert told.startswith("v1.0.0 of 2026-01-01 is the champion again")
    assert "warning" not in told
    assert json.loads(shown.stdout)["my_x20_project:model"]["stage"]["champion"] == "v1.0.0"
    assert json.loads((tmp_path / "got" / "report.json").read_text()) == {"version": "v1.0.0"}


def test_what_git_takes_keeps_its_name_and_no_two_folders_share_one():
    assert spelt("teams/Prices_2026-a.b") == "teams/Prices_2026-a.b"
    assert spelt("my project") == "my_x20_project"
    folders = [*AWKWARD, *map(spelt, AWKWARD)]
    assert len(set(map(spelt, folders))) == len(folders)


def test_a_branch_that_cannot_be_written_is_told_with_its_reason_and_without_a_wrong_hint(repository):
    repository.commit("v1.0.0")
    own = Git.around(repository.project)
    lock = repository.project / ".git" / "refs" / "heads" / "convoy" / "model.lock"
    lock.parent.mkdir()
    lock.touch()

    with pytest.raises(MachineError, match=r"model\.lock': File exists\.; put that right, and promote again"):
        own.move("refs/heads/convoy/model", own.resolve("HEAD"), None)
    lock.unlink()
    lock.parent.rmdir()
    git(repository.project, "branch", "convoy")
    with pytest.raises(MachineError, match="rename the branch that is in its way"):
        own.move("refs/heads/convoy/model", own.resolve("HEAD"), None)
