"""Projects whose promotions lie in real git repositories; the files of their stages are in git, too, and not in DVC."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.registry.settle import known_registry, make_whole
from flows.registry.tags import Tags, tags_of
from pipeline.foundation.folder import stage_folder
from pipeline.registry.bundle import PARTS
from pipeline.registry.champion import Registry, Version, version_folder, write_registry

MODEL = "artifacts:\n  model:\n    path: data/analyze\n    type: model\n"
BLESSING = {
    "blessed": True, "reason": "better", "challenger": "cnn-lstm", "champion": None, "drift": False, "margin": 0.0,
}  # fmt: skip
LINEAGE = {
    "model": "cnn-lstm", "head": "classify", "parameters": 7, "run": None, "data": "d", "rows": 10, "as_of": None,
    "trained_until": None, "settings": "s", "sections": {}, "code": "c", "stages": {}, "libraries": {},
    "metric": "accuracy", "better": "max", "score": 0.9, "interval": [0.8, 0.95], "samples": 5,
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Repository:
    """A project in git, and what a promotion leaves there."""

    project: Path

    @property
    def tags(self) -> Tags:
        tags = tags_of(self.project)
        assert tags is not None
        return tags

    def commit(self, version: str) -> str:
        """Commit all that makes the model ``version``, and return the commit."""
        for stage in PARTS:
            with stage_folder(self.project / "data" / stage) as folder:
                (folder / "report.json").write_text(json.dumps({"version": version}))
        registry = self.project / "registry"
        registry.mkdir(exist_ok=True)
        (registry / "lineage.json").write_text(json.dumps({"version": version, **LINEAGE}))
        (registry / "blessing.json").write_text(json.dumps(BLESSING))
        (registry / "quality.yaml").write_text("version: 1\n")
        git(self.project, "add", "--all")
        git(self.project, "commit", "--quiet", "--message", f"model {version}")
        return git(self.project, "rev-parse", "HEAD")

    def tag(self, *names: str) -> None:
        for name in names:
            git(self.project, "tag", "--annotate", "--message", "promoted", name)

    def promote(self, version: str) -> None:
        """Commit a version, put its bundle in its place, and make it the champion, as `convoy promote` would."""
        entry = Version(
            version=version, promoted="2026-01-01T00:00:00+00:00", model="cnn-lstm", metric="accuracy", score=0.9,
            interval=None, data="d", fingerprint=version, reason="better", forced=False,
            commit=self.commit(version),
        )  # fmt: skip
        known = known_registry(self.project, None)
        make_whole(self.project, entry, self.tags)
        registry = Registry(versions=(*known.versions, entry), moves=known.moves).moved(version, "promoted")
        write_registry(self.project, registry)
        self.tags.follow(registry)

    def answer(self, version: str) -> Path:
        """Return a file of the bundle of a version."""
        return version_folder(self.project, version) / "analyze" / "report.json"


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@localhost")


def begin(folder: Path) -> Repository:
    """Make a project with git and DVC in ``folder``, which nothing has been promoted in."""
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("")
    for name, text in {
        "params.yaml": "a: 1\n",
        "dvc.yaml": MODEL,
        "dvc.lock": "schema: '2.0'\nstages: {}\n",
        ".gitignore": ".convoy/\n.dvc/tmp\n",
    }.items():
        (folder / name).write_text(text)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return Repository(folder)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return begin(tmp_path / "project")


@pytest.fixture
def two(repository: Repository) -> Repository:
    """Return a project with v1.0.0, and v2.0.0 as its champion."""
    repository.promote("v1.0.0")
    repository.promote("v2.0.0")
    return repository
