"""Old runs go: their records, logs and reports, and data that were refused; never a result, a model or a snapshot.

What comparisons keep goes, too, where the project says how long it stays.
"""

import shutil
import time
from pathlib import Path

from flows.runs.record import records
from flows.versions.snapshot import REJECTED

REFUSED = 3
"""Data that were refused are kept of so many runs."""

COMPARED = ("trainings", "extractors", "folds")
"""Folders in ``.convoy`` in which comparisons keep what they need not do again, each under a hash of its inputs."""


def prune(project: Path, keep: int) -> list[str]:
    """Remove what is older than the last ``keep`` runs of each flow, and return the names of those runs.

    Args:
        project: The caller holds it.
        keep: Runs whose record and report stay.
    """
    ended: dict[str, list[tuple[Path, str]]] = {}  # hourly predictions do not push out nightly trainings
    for folder, record in records(project):
        if record.state != "running":
            ended.setdefault(record.flow, []).append((folder, record.run))
    old = [run for runs in ended.values() for run in runs[:-keep]]
    for folder, run in old:
        shutil.rmtree(project / "reports" / run, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    refused = sorted((project / REJECTED).glob("*"), key=lambda path: path.stat().st_mtime)
    for folder in refused[:-REFUSED]:
        shutil.rmtree(folder, ignore_errors=True)
    return [run for _, run in old]


def prune_compared(project: Path, days: int) -> int:
    """Remove what no comparison has made or used for so many days, and return how many folders that were.

    Args:
        project: The caller holds it.
        days: A comparison that wants one of them later does it anew.
    """
    last = time.time() - days * 86_400
    folders = [folder for name in COMPARED for folder in (project / ".convoy" / name).glob("*")]
    old = [folder for folder in folders if folder.lstat().st_mtime < last]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)
