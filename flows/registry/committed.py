"""The bundle that a promotion's commit gives: its stages' files from DVC's cache or remote, the rest from git.

Run as a program in a project's folder, ``python committed.py COMMIT PREFIX FOLDER``, it fills the folder, so that
DVC is imported in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

from flows.programs.environment import child_environment
from flows.programs.launch import launched
from flows.registry.tags import FOUND_IN
from flows.versions.git import Git
from pipeline.foundation.errors import IntegrityError
from pipeline.registry.bundle import BLESSING, LINEAGE, PARAMS, PARTS, SUITE, belongs


def read_back(git: Git, commit: str, folder: Path) -> None:
    """Fill ``folder`` with the bundle that ``commit`` gives.

    Args:
        git: The repository around the project.
        commit: A commit of its branch of promotions.
        folder: An empty one.

    Raises:
        IntegrityError: DVC does not have the files; the message says what it said.
    """
    done = subprocess.run(
        launched([sys.executable, "-P", __file__, commit, git.prefix, str(folder.resolve())]),
        cwd=git.project,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise IntegrityError(
            f"commit {commit[:10]} does not give its model back: {said[-1]}; `dvc pull --all-tags` may bring it here"
        )


def _read(commit: str, prefix: str, folder: Path) -> None:
    from dvc.api import DVCFileSystem

    # Paths begin at the root of the repository, of which the project may be a part.
    files = DVCFileSystem(".", rev=commit, subrepos=True)
    for stage in PARTS:
        (folder / stage).mkdir(parents=True, exist_ok=True)
        for path in files.ls(f"{prefix}data/{stage}", detail=False):
            name = path.rpartition("/")[2]
            if belongs(stage, name):
                files.get_file(f"{prefix}data/{stage}/{name}", str(folder / stage / name))
    files.get_file(f"{prefix}{PARAMS}", str(folder / PARAMS))
    for name in (LINEAGE, BLESSING, SUITE):
        files.get_file(f"{prefix}{FOUND_IN}/{name}", str(folder / name))


if __name__ == "__main__":
    _read(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
