"""`kill -9` of any link of the chain, at any moment: a run in peace gives what an undisturbed one gives."""

import os
import shutil
import time

import pytest

from tests.chaos import KILLS, Project, check, disturbed, planned
from tests.flows.conftest import CONVOY, Mini

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

MUCH = """
# Much to write, to hash and to move into the cache: moments in which a kill can hurt.
for number in range(40):
    (out / f"{number}.bin").write_bytes(f"{name} {number} ".encode() * 20_000)
trace("ends")
"""
COMMANDS = (("convoy", "run"), ("convoy", "run"), ("dvc", "repro"))


@pytest.fixture(scope="session")
def laden(template, tmp_path_factory):
    """The project of small scripts, whose stages write forty files each."""
    folder = tmp_path_factory.mktemp("laden") / "mini"
    shutil.copytree(template, folder)
    program = folder / "work.py"
    program.write_text(program.read_text().replace('trace("ends")\n', MUCH))
    return folder


def project_at(source, folder, home):
    shutil.copytree(source, folder)
    mini = Mini(folder, home)
    for stage in ("first", "left"):
        mini.behave(stage, sleep=0.5)
    path = f"{CONVOY.parent}{os.pathsep}{mini.environment['PATH']}"
    return Project(folder, mini.environment | {"PATH": path})


@pytest.fixture(scope="session")
def undisturbed(laden, tmp_path_factory, home):
    """What one run in peace gives, and how long it takes."""
    project = project_at(laden, tmp_path_factory.mktemp("undisturbed") / "mini", home)
    began = time.monotonic()
    project.call("convoy", "run")
    return project.bytes(), time.monotonic() - began


@pytest.mark.parametrize("seed", planned(KILLS * 3 // 4))
def test_after_kills_at_random_moments_a_run_in_peace_ends_with_the_same_bytes(
    laden, undisturbed, tmp_path, home, seed
):
    expected, seconds = undisturbed
    project = project_at(laden, tmp_path / "mini", home)

    disturbed(project, COMMANDS, seed, seconds)
    project.call("convoy", "run")

    check(project, expected)
    assert "→" not in project.call("convoy", "doctor")  # nothing to mend
