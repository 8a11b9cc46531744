"""What a clone says of its versions is believed only where it can do no harm."""

import json
from pathlib import Path

import pytest

from flows.registry.rollback import roll_back
from flows.registry.settle import known_registry
from flows.registry.tags import tags_of
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.registry.champion import champion_folder, read_registry, registry_folder, version_folder
from tests.flows.registry.conftest import Repository, git

OUTSIDE = "../../../victim"


def clone_of(repository: Repository) -> Path:
    there = repository.project.with_name("clone")
    git(there.parent, "clone", "--quiet", str(repository.project), str(there))
    return there


def test_a_clone_makes_the_bundle_that_its_tags_tell_of(repository):
    repository.commit("v7.0.0")
    repository.tag("model@v7.0.0", "model#champion#7")
    clone = clone_of(repository)

    told = roll_back(clone, "v7.0.0")

    assert told.startswith("v7.0.0 is the champion already; its bundle was made again from commit ")
    assert json.loads((champion_folder(clone) / "lineage.json").read_text())["version"] == "v7.0.0"


@pytest.mark.parametrize("version", [None, OUTSIDE, "v7.0.0"])
def test_a_version_that_names_a_folder_elsewhere_leaves_that_folder_alone(repository, version):
    victim = repository.project.with_name("victim")
    victim.mkdir()
    (victim / "thesis.tex").write_text("years of work")
    repository.commit(OUTSIDE)
    repository.tag("model@v7.0.0", "model#champion#7")
    clone = clone_of(repository)

    with pytest.raises(ConfigError):
        roll_back(clone, version)

    assert known_registry(clone, tags_of(clone)).versions == ()
    assert [path.name for path in victim.iterdir()] == ["thesis.tex"]
    assert (victim / "thesis.tex").read_text() == "years of work"


def test_a_tag_whose_commit_tells_of_another_version_is_none(repository):
    repository.commit("v1.0.0")
    repository.tag("model@v1.0.0", "model@v9.9.0", "model#champion#1")

    known = known_registry(repository.project, repository.tags)

    assert [entry.version for entry in known.versions] == ["v1.0.0"]


@pytest.mark.parametrize("place", ["champion", "versions", "moves"])
def test_a_registry_that_names_a_folder_elsewhere_is_damaged(two, place):
    path = registry_folder(two.project) / "registry.json"
    content = json.loads(path.read_text())
    if place == "champion":
        content["champion"] = OUTSIDE
    else:
        content[place][0]["version"] = OUTSIDE
    path.write_text(json.dumps(content))

    with pytest.raises(IntegrityError, match=r"registry\.json is damaged"):
        read_registry(two.project)


@pytest.mark.parametrize("name", [OUTSIDE, "..", "", "v1.0", "v1.0.0/..", "v١.0.0", "v1.0.0\n"])
def test_only_a_version_has_a_folder(tmp_path, name):
    with pytest.raises(IntegrityError, match=r"is no version such as v1\.0\.0"):
        version_folder(tmp_path, name)
