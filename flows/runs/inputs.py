"""What a run reads besides its settings: there before the first stage starts, or told in a sentence."""

import glob
import subprocess
import sys
from pathlib import Path

from flows.programs.environment import child_environment
from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.sources.taken import texts
from pipeline.stages.run import STAGES
from pipeline.stages.watched import check_watched


def require_inputs(project: Path, config: Config) -> None:
    """Check the suite, and that the source is there; a snapshot that was deleted comes back from DVC's cache.

    A project whose stages are not Convoy's own has neither, and nothing is checked.

    Raises:
        ConfigError: A rule of the suite is misspelt, or DVC does not watch a file that a setting names.
        DataError: The source is not there, and DVC cannot bring it back.
    """
    if not _is_ours(project):
        return
    for stage in STAGES:
        check_watched(stage, config, project)
    _check_suite(project / config.quality.suite)
    path = getattr(config.sources, "path", None)
    if path is not None and not _is_there(project, path):
        _restore(project, config)
        if not _is_there(project, path):
            raise DataError(
                f"sources.path={path} does not exist, and DVC's cache does not hold it; bring the file back (a deleted "
                f"data folder: `git checkout data`, then `dvc checkout` or `dvc pull`), or correct sources.path"
            )


def _is_ours(project: Path) -> bool:
    return "python -m pipeline ingest" in (project / "dvc.yaml").read_text(encoding="utf-8")


def _check_suite(path: Path) -> None:
    from pipeline.quality.read import read_suite

    read_suite(path)


def _is_there(project: Path, path: str) -> bool:
    if "://" in path:  # only `ingest` asks the server, and tells what it says
        return True
    full = project / Path(path).expanduser()
    return full.exists() or bool(glob.has_magic(path) and glob.glob(str(full), recursive=True))


def _restore(project: Path, config: Config) -> None:
    """Let DVC bring back the snapshots that the source names and that have their `.dvc` files.

    Others may have left their folder for good reason. What DVC says is not the user's story.
    """
    named = [Path(text) for text in texts(config.sources.model_dump(mode="json"))]
    snapshots = [
        str(pointer.relative_to(project))
        for pointer in project.glob("data/raw/**/*.dvc")
        if any(path.is_relative_to(pointer.relative_to(project).with_suffix("")) for path in named)
    ]
    if snapshots:
        subprocess.run(
            [sys.executable, "-m", "dvc", "checkout", "--quiet", *snapshots],
            cwd=project,
            env=child_environment(),
            capture_output=True,
            check=False,
        )
