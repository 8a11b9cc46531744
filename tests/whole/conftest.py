"""The whole thing: copies of this repository in which real stages run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "datasets"
BIN = Path(sys.executable).parent
SHORT = ["training.epochs=4", "training.batch_size=32", "training.learning_rate=0.003", "extraction.epochs=1"]


class Whole:
    """A project, and what a person does with it in a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "CONVOY"))
        }
        self.environment = {
            **own,
            "PATH": f"{BIN}{os.pathsep}{own['PATH']}",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@localhost",
            "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@localhost",
        }  # fmt: skip

    def call(self, *command: str, code: int | None = 0) -> str:
        """Run a command there and return what it printed; ``code`` is the exit code it must have."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout
        return done.stdout

    def commit(self, message: str) -> None:
        self.call("git", "add", "--all")
        self.call("git", "commit", "--quiet", "-m", message)

    def manifests(self) -> dict[str, str]:
        """Return stage → manifest, which lists the SHA-256 of every file."""
        return {path.parent.name: path.read_text() for path in self.folder.glob("data/*/manifest.json")}

    def copy(self, folder: Path) -> "Whole":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Whole(folder)


def files_of_the_repository() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Whole:
    """This repository as someone clones it, with short training."""
    folder = tmp_path_factory.mktemp("whole") / "fresh"
    for name in files_of_the_repository():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    whole = Whole(folder)
    whole.call("git", "init", "--quiet")
    whole.call(sys.executable, "-c", _override())
    whole.commit("As cloned, with short training")
    return whole


def _override() -> str:
    """Return a program that shortens the training in params.yaml."""
    return f"import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), {SHORT!r})"


@pytest.fixture(scope="session")
def ran(fresh, tmp_path_factory) -> Whole:
    """The same after one `convoy run`; copy it before you change it."""
    whole = fresh.copy(tmp_path_factory.mktemp("whole") / "ran")
    whole.printed = whole.call("convoy", "run")
    whole.commit("After the first run")
    return whole


@pytest.fixture
def again(ran, tmp_path) -> Whole:
    """A copy of the project that ran, to do something to."""
    return ran.copy(tmp_path / "again")


@pytest.fixture
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the folder of public data sets, ../shared/datasets, is not here")
    return DATA
