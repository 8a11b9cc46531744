"""What `convoy doctor --repair` does: remove what is damaged or stale, and nothing that is whole."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flows.doctor.findings import Finding
from flows.doctor.project_checks import damaged_folders, leftovers
from flows.runs.prepare import end_orphans
from flows.runs.serving import forget_killed
from flows.versions.cache import damaged_objects
from flows.versions.locks import drop_stale_entries
from pipeline.foundation.errors import IntegrityError


def repair_project(project: Path) -> Iterator[Finding]:
    """Yield each thing that was mended; the next run makes again what is missing then.

    The caller holds the project.
    """
    for pid in end_orphans(project):
        yield _mended(f"ended process {pid}, which a killed run had left behind")
    for path in drop_stale_entries(project):
        yield _mended(f"dropped the stale lock of {path}")
    for pid in forget_killed(project):
        yield _mended(f"forgot that process {pid}, which served the project, was killed")
    for leftover in leftovers(project):
        shutil.rmtree(leftover, ignore_errors=True)
        yield _mended(f"removed {leftover}")
    with suppress(IntegrityError):  # a damaged lock names no objects, and is told as a problem
        for damaged in damaged_objects(project)[1]:
            damaged.unlink()
            yield _mended(f"removed the damaged {damaged} from DVC's cache")
    for folder in damaged_folders(project):
        shutil.rmtree(folder)
        yield _mended(f"removed the damaged {folder}; `convoy run` makes it again")


def _mended(what: str) -> Finding:
    return Finding("mended", what)
