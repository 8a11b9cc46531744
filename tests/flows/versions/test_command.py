"""DVC as a program."""

import subprocess
import sys

import pytest

from flows.versions.command import call_dvc
from pipeline.foundation.errors import MachineError

HOLD = """
import sys
import time
from dvc.repo import Repo
with Repo(".").lock:
    print("held", flush=True)
    time.sleep(4)
"""


@pytest.fixture
def project(tmp_path):
    call_dvc(["init", "--quiet", "--no-scm"], tmp_path)
    (tmp_path / "rows.csv").write_text("a\n1\n")
    return tmp_path


def test_what_somebody_does_with_dvc_by_hand_is_waited_for(project):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=project, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"

        call_dvc(["add", "--quiet", "rows.csv"], project)

    assert (project / "rows.csv.dvc").is_file()


def test_why_dvc_failed_is_said_in_a_line(project):
    with pytest.raises(MachineError, match=r"`dvc add none\.csv` failed in .*none\.csv") as told:
        call_dvc(["add", "none.csv"], project)

    assert "\n" not in str(told.value)
