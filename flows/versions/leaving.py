"""Old snapshots leave their folder: DVC's cache holds a second copy, which brings them back where they are asked for.

The pointer stays, so DVC keeps the copy (``dvc gc``), and a backfill, ``convoy lineage`` or ``dvc checkout`` finds it.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from flows.versions.kept import Copy, copy_in_cache
from flows.versions.past import snapshots
from flows.versions.pointing import snapshot_in_use
from flows.versions.snapshot import JOURNAL, WRITTEN
from flows.versions.workspace import JOURNAL as WORKSPACE
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.files import text_if_there
from pipeline.params import read_config


def let_leave(project: Path) -> Iterator[str]:
    """Remove the folders of all but the newest ``flow.keep_snapshots`` snapshots, and yield what to tell.

    One stays in any case where the settings, the stages or the lock name it, where DVC's cache does not hold every byte
    of it, as after an edit, and where it is no copy but links into the cache, which cost nothing.

    Args:
        project: The caller holds it, and nothing is under way in it.
    """
    flow = (config := read_config(project / "params.yaml")).flow
    if flow.new_data is None or flow.keep_snapshots is None:
        return
    try:
        known = [taken.folder for taken in snapshots(project, snapshot_in_use(config))]
    except PipelineError:  # a source of another kind, which the run has told
        return
    named = "\n".join(text_if_there(project / name) or "" for name in WRITTEN)
    for folder in known[: -flow.keep_snapshots]:
        if not (project / folder).is_dir() or _is_named(folder, named):
            continue
        match copy_in_cache(project, folder):
            case Copy.WHOLE:
                _remove(project / folder)
                yield f"{folder} went, and is in DVC's cache alone now; `dvc checkout {folder}.dvc` brings it back"
            case Copy.OTHER:
                yield f"{folder} stays where it is: DVC's cache does not hold every byte of it; `dvc add {folder}`"
            case Copy.LINKED:
                pass


def is_under_way(project: Path) -> bool:
    """Return whether new data have not passed the gate, or a backfill has other settings in place of the project's."""
    return any((project / journal).is_file() for journal in (JOURNAL, WORKSPACE))


def _is_named(folder: Path, text: str) -> bool:
    return re.search(rf"{re.escape(folder.as_posix())}(?![\w.-])", text) is not None


def _remove(folder: Path) -> None:
    """Remove a folder in one step; what a kill leaves of it is hidden, and cleared before the next snapshot."""
    half = folder.with_name(f".{folder.name}.left")
    shutil.rmtree(half, ignore_errors=True)
    folder.rename(half)
    shutil.rmtree(half, ignore_errors=True)
