"""A command of DVC in a project, for what is no stage: adding, removing and restoring snapshots of data."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.programs.environment import child_environment
from pipeline.foundation.errors import MachineError


def call_dvc(arguments: Sequence[str], project: Path, *, must: bool = True) -> None:
    """Run DVC and wait, also for a DVC that somebody else has just called here.

    Args:
        arguments: Such as ``["add", "--quiet", "data/raw/power"]``.
        project: Where.
        must: Whether it has to succeed.

    Raises:
        MachineError: It had to, and did not.
    """
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments],
        cwd=project,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if must and done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            "it gave no reason"
        ]
        raise MachineError(
            f"`dvc {' '.join(arguments)}` failed in {project}: {said[0].removeprefix('ERROR: ')}"
        )
