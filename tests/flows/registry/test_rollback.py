"""The way back is open, whatever became of the champion, and whatever git says."""

import json
import stat
import subprocess

import pytest

from flows.registry.rollback import roll_back
from pipeline.foundation.errors import IntegrityError
from pipeline.registry.champion import champion_folder, read_registry, version_folder
from tests.flows.registry.conftest import git


def test_a_champion_that_nobody_can_bring_back_does_not_block_the_way_to_a_whole_version(two):
    two.answer("v2.0.0").unlink()
    commit = read_registry(two.project).entry("v2.0.0").commit
    tree = git(two.project, "rev-parse", f"{commit}:data/analyze")
    (two.project / ".git" / "objects" / tree[:2] / tree[2:]).unlink()

    told = roll_back(two.project, "v1.0.0")

    assert told == "v1.0.0 of 2026-01-01 is the champion again, instead of v2.0.0"
    assert champion_folder(two.project).name == "v1.0.0"
    assert not two.answer("v2.0.0").exists()
    with pytest.raises(IntegrityError, match="does not give its model back"):
        roll_back(two.project, "v2.0.0")
    assert champion_folder(two.project).name == "v1.0.0"


def test_a_damaged_version_is_made_again_before_it_is_the_champion(two):
    two.answer("v1.0.0").write_text("damaged")

    told = roll_back(two.project)

    assert "; its bundle was made again from commit " in told
    assert json.loads(two.answer("v1.0.0").read_text()) == {"version": "v1.0.0"}
    assert champion_folder(two.project).name == "v1.0.0"


def test_a_tag_that_another_git_holds_locked_costs_a_warning_and_is_made_the_next_time(two):
    lock = two.project / ".git" / "refs" / "tags" / "model#champion#3.lock"
    lock.touch()

    told = roll_back(two.project, "v1.0.0").splitlines()

    assert told[0] == "v1.0.0 of 2026-01-01 is the champion again, instead of v2.0.0"
    assert told[1].startswith("warning: model#champion#3 cannot be tagged: ")
    assert str(lock) in told[1]
    assert told[1].endswith("the next promotion or rollback tries again")
    assert champion_folder(two.project).name == "v1.0.0"

    lock.unlink()
    assert roll_back(two.project, "v1.0.0").splitlines()[0] == "v1.0.0 is the champion already"
    assert two.tags.stages()[-1][0] == read_registry(two.project).entry("v1.0.0").commit


def test_a_tag_in_the_way_of_a_version_is_named_and_the_champion_changes(two):
    git(two.project, "tag", "--delete", "model@v1.0.0")
    git(two.project, "tag", "model@v1.0.0/x")

    told = roll_back(two.project, "v1.0.0")

    assert "warning: model@v1.0.0, model#champion#3 cannot be tagged: " in told
    assert "'refs/tags/model@v1.0.0/x' exists" in told
    assert champion_folder(two.project).name == "v1.0.0"


def test_a_tagged_file_is_no_version_and_no_obstacle(two):
    blob = git(two.project, "hash-object", "-w", "params.yaml")
    git(two.project, "tag", "model@vblob", blob)
    git(two.project, "tag", "model#champion#9", blob)

    told = roll_back(two.project, "v1.0.0")

    assert told == "v1.0.0 of 2026-01-01 is the champion again, instead of v2.0.0"
    assert sorted(two.tags.versions()) == ["v1.0.0", "v2.0.0"]
    assert two.tags.stages()[-1][0] == read_registry(two.project).entry("v1.0.0").commit


def test_no_hook_of_the_user_is_asked(two):
    hook = two.project / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    refused = subprocess.run(
        ["git", "tag", "mine"], cwd=two.project, capture_output=True, text=True, check=False
    )

    told = roll_back(two.project, "v1.0.0")

    assert refused.returncode, "the hook has to work for the user"
    assert "warning" not in told
    assert len(two.tags.stages()) == 3


def test_without_git_the_whole_version_is_the_champion_again(two):
    (two.project / ".git").rename(two.project / "elsewhere")

    assert roll_back(two.project).startswith("v1.0.0 of 2026-01-01 is the champion again")
    assert champion_folder(two.project) == version_folder(two.project, "v1.0.0")


def test_going_back_to_the_champion_itself_says_so_and_names_the_versions_there_are(two):
    before = read_registry(two.project)

    told = roll_back(two.project, "v2.0.0")

    assert told.splitlines() == [
        "v2.0.0 is the champion already",
        "earlier champions and other versions: v1.0.0 (accuracy 0.900, of 2026-01-01); `convoy rollback v1.0.0` "
        "goes back",
    ]
    assert read_registry(two.project) == before


def test_the_only_version_is_told_to_be_the_only_one(repository):
    repository.promote("v1.0.0")

    told = roll_back(repository.project, "v1.0.0").splitlines()

    assert told == ["v1.0.0 is the champion already", "there is no other version to go back to"]
