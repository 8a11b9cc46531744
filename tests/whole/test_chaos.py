"""`kill -9` at any moment of a real training: same bytes afterwards, and the champion serves throughout."""

import socket
import sys
import time

import pytest

from pipeline.registry.champion import champion_folder, read_registry
from tests.chaos import ASKED_FOR, KILLS, Project, check, disturbed, planned
from tests.whole.registry.conftest import WEAK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def with_champion(ran, tmp_path_factory):
    """A project whose champion is the model of the last run, and whose settings have changed since."""
    whole = ran.copy(tmp_path_factory.mktemp("chaos") / "project")
    whole.call("convoy", "promote")
    program = (
        f"import pathlib, pipeline.params as p; p.override_params(pathlib.Path('params.yaml'), {WEAK!r})"
    )
    whole.call(sys.executable, "-c", program)
    whole.commit("Other settings")
    return whole


def project_of(whole, folder):
    return Project(whole.copy(folder).folder, whole.environment)


@pytest.fixture(scope="session")
def undisturbed(with_champion, tmp_path_factory):
    project = project_of(with_champion, tmp_path_factory.mktemp("undisturbed") / "project")
    began = time.monotonic()
    project.call("convoy", "run", "--promote")
    return project.bytes(), time.monotonic() - began


@pytest.mark.parametrize("seed", planned(KILLS // 4 if ASKED_FOR else 0))
def test_after_kills_during_a_retrain_the_bytes_are_the_same_and_the_champion_serves(
    with_champion, undisturbed, tmp_path, seed
):
    expected, seconds = undisturbed
    project = project_of(with_champion, tmp_path / "project")
    champion = weights(project)

    disturbed(project, (("convoy", "run", "--promote"), ("dvc", "repro")), seed, seconds)
    served = weights(project)
    project.call("convoy", "run", "--promote")

    check(project, expected)
    assert served == champion
    assert weights(project) == champion
    assert read_registry(project.folder).champion == "v1.0.0"
    assert "→" not in project.call("convoy", "doctor")  # nothing to mend


def test_a_remote_that_takes_calls_and_never_answers_holds_up_neither_run_nor_promotion(
    with_champion, undisturbed, tmp_path
):
    project = project_of(with_champion, tmp_path / "project")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/store"
        project.call("dvc", "remote", "add", "--default", "silent", url)

        project.call("convoy", "run", "--promote")

    assert project.bytes() == undisturbed[0]


def weights(project):
    return (champion_folder(project.folder) / "analyze" / "model.safetensors").read_bytes()
