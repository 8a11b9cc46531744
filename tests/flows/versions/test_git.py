"""Commits and tags beside the user's branch, in real repositories."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from gto.tag import find
from scmrepo.git import Git as Scm

from flows.registry.tags import Tags, artifact_name, tags_of
from flows.versions.git import Git
from pipeline.foundation.errors import BusyError, ConfigError, MachineError
from pipeline.registry.champion import Registry, Version

GTO = Path(sys.executable).parent / "gto"
MODEL = "artifacts:\n  best:\n    path: data/analyze\n    type: model\n"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def identity(monkeypatch):
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@localhost")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in a repository of its own with one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for name, text in {
        "params.yaml": "a: 1\n",
        "notes.md": "mine\n",
        "dvc.yaml": MODEL,
        ".gitignore": ".convoy/\n",
    }.items():
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


def state(folder: Path) -> tuple[object, ...]:
    """Return all that is the user's: HEAD, the index byte by byte, and every file."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return git(folder, "rev-parse", "HEAD"), (folder / ".git" / "index").read_bytes(), files


def test_a_commit_holds_what_lies_there_and_leaves_the_users_index_and_files_alone(project):
    (project / "params.yaml").write_text("a: 2\n")
    (project / "notes.md").write_text("staged\n")
    git(project, "add", "notes.md")
    (project / "notes.md").write_text("and changed again\n")
    before, own = state(project), Git.around(project)

    tree = own.tree_with(["params.yaml"], {"registry/lineage.json": "{}\n"})
    commit = own.commit(tree, [own.resolve("HEAD")], "Promote\n")
    own.move("refs/heads/convoy/best", commit, None)

    assert state(project) == before
    assert git(project, "show", f"{commit}:params.yaml") == "a: 2"
    assert git(project, "show", f"{commit}:registry/lineage.json") == "{}"
    assert git(project, "show", f"{commit}:notes.md") == "mine"
    assert git(project, "rev-parse", "main") == git(project, "rev-parse", f"{commit}^")


def test_a_file_that_was_deleted_is_not_in_the_commit_and_an_ignored_one_neither(project):
    (project / "dvc.yaml").unlink()
    (project / ".convoy").mkdir()
    (project / ".convoy" / "secret").write_text("s")

    tree = Git.around(project).tree_with(["dvc.yaml", ".convoy/secret", "nowhere"], {})

    assert git(project, "ls-tree", "-r", "--name-only", tree).split() == [
        ".gitignore",
        "notes.md",
        "params.yaml",
    ]


def test_data_that_nobody_gave_to_git_do_not_get_into_it(project):
    (project / "readings.csv").write_bytes(b"0" * 2_000_000)
    (project / "quality.yaml").write_text("rows: []\n")

    tree = Git.around(project).tree_with(["readings.csv", "quality.yaml"], {})

    names = git(project, "ls-tree", "-r", "--name-only", tree).split()
    assert "quality.yaml" in names
    assert "readings.csv" not in names


def test_a_ref_that_somebody_else_moved_is_not_moved_again(project):
    own = Git.around(project)
    head, tree = own.resolve("HEAD"), git(project, "rev-parse", "HEAD^{tree}")
    first, second = (own.commit(tree, [head], f"{name}\n") for name in ("first", "second"))
    own.move("refs/heads/convoy/best", first, None)

    with pytest.raises(BusyError, match="another promotion moved"):
        own.move("refs/heads/convoy/best", second, None)

    assert own.resolve("refs/heads/convoy/best") == first


def test_a_branch_in_the_way_is_told(project):
    own = Git.around(project)
    git(project, "branch", "convoy")

    with pytest.raises(MachineError, match="cannot write refs/heads/convoy/best"):
        own.move("refs/heads/convoy/best", own.resolve("HEAD"), None)


def test_tags_appear_together_or_not_at_all(project):
    own = Git.around(project)
    head = own.resolve("HEAD")
    own.tag({"best@v1.0.0": (head, 1_700_000_000)}, "why")

    with pytest.raises(MachineError):
        own.tag({"best@v2.0.0": (head, 1_700_000_001), "best@v1.0.0": (head, 1_700_000_002)}, "why")

    assert own.tags("best@*") == {"best@v1.0.0": (head, 1_700_000_000)}


def test_a_repository_without_a_commit_and_without_a_name_can_be_promoted_from(tmp_path, monkeypatch):
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{who}_NAME")
        monkeypatch.delenv(f"GIT_{who}_EMAIL")
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.useConfigOnly", "true")
    (tmp_path / "params.yaml").write_text("a: 1\n")
    own = Git.around(tmp_path)

    commit = own.commit(own.tree_with(["params.yaml"], {}), [], "Promote\n")
    own.tag({"best@v1.0.0": (commit, 1_700_000_000)}, "why")

    assert git(tmp_path, "log", "-1", "--format=%an", commit) == "Convoy"


def test_a_project_without_git_or_that_git_ignores_has_no_tags(tmp_path, project):
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "dvc.yaml").write_text(MODEL)
    inside = project / "made"
    inside.mkdir()
    (project / ".gitignore").write_text("made/\n")
    (inside / "params.yaml").write_text("a: 1\n")

    assert tags_of(tmp_path / "alone") is None
    assert tags_of(inside) is None


def test_dvc_without_scm_means_no_tags_although_there_is_git(project):
    (project / ".dvc").mkdir()
    (project / ".dvc" / "config").write_text("[core]\n    no_scm = True\n")

    assert tags_of(project) is None


def test_the_name_of_the_model_is_that_in_dvc_yaml(project):
    assert artifact_name(project) == "best"
    assert tags_of(project).branch == "refs/heads/convoy/best"

    (project / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(ConfigError, match=r"names no artifact for data/analyze.*type: model"):
        tags_of(project)


def entry(version: str, commit: str) -> Version:
    return Version(
        version=version, promoted="2026-01-01T00:00:00+00:00", model="cnn-lstm", metric="accuracy", score=0.9,
        interval=None, data="d", fingerprint="f", reason="better", forced=False, commit=commit,
    )  # fmt: skip


def two_versions(tags: Tags) -> Registry:
    head, tree = tags.git.resolve("HEAD"), git(tags.git.project, "rev-parse", "HEAD^{tree}")
    commits = [tags.git.commit(tree, [head], f"{name}\n") for name in "ab"]
    return Registry(versions=(entry("v1.0.0", commits[0]), entry("v1.1.0", commits[1])))


def test_gto_reads_versions_and_champion_also_when_everything_happens_in_one_second(project):
    tags = tags_of(project)
    registry = two_versions(tags)
    for version in ("v1.0.0", "v1.1.0", "v1.0.0", "v1.1.0", "v1.0.0"):
        tags.follow(registry := registry.moved(version, "promoted"))

        shown = subprocess.run([GTO, "show", "--json"], cwd=project, capture_output=True, check=True)
        assert json.loads(shown.stdout)["best"]["stage"] == {"champion": version}
        latest = find(name="best", stage="champion", scm=Scm(str(project)))[-1]  # as DVC asks
        assert latest.target == registry.entry(version).commit

    assert sorted(tags.versions()) == ["v1.0.0", "v1.1.0"]
    assert len(tags.stages()) == 5


def test_tags_that_a_kill_prevented_are_made_the_next_time_and_no_tag_twice(project):
    tags = tags_of(project)
    registry = two_versions(tags).moved("v1.0.0", "promoted").moved("v1.1.0", "promoted")

    tags.follow(registry)
    once = git(project, "tag", "--list")
    tags.follow(registry)

    assert git(project, "tag", "--list") == once
    assert once.split() == ["best#champion#1", "best@v1.0.0", "best@v1.1.0"]


def test_below_the_root_of_a_repository_the_folder_stands_in_the_name(project):
    inside = project / "teams" / "prices"
    inside.mkdir(parents=True)
    (inside / "dvc.yaml").write_text(MODEL)
    (inside / "params.yaml").write_text("a: 3\n")
    tags = tags_of(inside)

    tree = tags.git.tree_with(["params.yaml"], {"registry/lineage.json": "{}"})

    assert tags.name == "teams/prices=best"
    assert tags.fetched_by("v1.0.0") == "dvc artifacts get REPOSITORY teams/prices:best --stage champion"
    assert tags.branch == "refs/heads/convoy/teams/prices/best"
    assert {"teams/prices/params.yaml", "teams/prices/registry/lineage.json"} <= set(
        git(project, "ls-tree", "-r", "--name-only", tree).split()
    )
