"""Projects in which a challenger waits, and what is looked at in them."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.whole.conftest import SHORT, Whole

WEAK = ["training.epochs=1", "training.batch_size=32", "training.learning_rate=0.002", "extraction.epochs=1"]
"""Better than class shares, and far from a good model."""


def become(whole: Whole, settings: list[str]) -> None:
    """Bring the project up to date with these settings; what was trained before comes from DVC's run cache."""
    program = (
        f"import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), {settings!r})"
    )
    whole.call(sys.executable, "-c", program)
    whole.call("dvc", "repro", "--quiet")


@pytest.fixture(scope="session")
def strong_first(ran, tmp_path_factory) -> Whole:
    """A project whose champion is the model of the first run, and whose challenger is a weak one."""
    whole = ran.copy(tmp_path_factory.mktemp("registry") / "strong")
    whole.call("convoy", "promote")
    become(whole, WEAK)
    return whole


@pytest.fixture(scope="session")
def weak_first(ran, strong_first, tmp_path_factory) -> Whole:
    """The other way round: the champion is weak, and the challenger much better; nothing of it is committed."""
    whole = strong_first.copy(tmp_path_factory.mktemp("registry") / "weak")
    shutil.rmtree(whole.folder / ".convoy" / "registry")
    whole.call("git", "branch", "-D", "convoy/model")
    whole.call("git", "tag", "-d", *whole.call("git", "tag", "--list").split())
    whole.commit("With a weak model")
    whole.printed = whole.call("convoy", "promote")
    become(whole, SHORT)
    return whole


@pytest.fixture
def better(weak_first, tmp_path) -> Whole:
    """A copy in which a better challenger waits."""
    return weak_first.copy(tmp_path / "better")


@pytest.fixture
def worse(strong_first, tmp_path) -> Whole:
    """A copy in which a worse challenger waits."""
    return strong_first.copy(tmp_path / "worse")


def weights(folder: Path) -> bytes:
    return (folder / "analyze" / "model.safetensors").read_bytes()


def theirs(whole: Whole) -> tuple[object, ...]:
    """Return all that is the user's: HEAD, branch, the index byte by byte, and every file outside .convoy."""
    listed = whole.call("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    files = {name: (whole.folder / name).read_bytes() for name in listed if (whole.folder / name).is_file()}
    head = whole.call("git", "rev-parse", "HEAD"), whole.call("git", "symbolic-ref", "HEAD")
    return head, (whole.folder / ".git" / "index").read_bytes(), files, whole.manifests()


def champion_of_gto(whole: Whole) -> str:
    return json.loads(whole.call("gto", "show", "--json"))["model"]["stage"]["champion"]
