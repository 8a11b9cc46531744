"""Entries in DVC's table of locks that nobody will ever give back.

DVC drops an entry whose process is gone, but one that names a living process blocks for ever, also with
``--wait-for-lock``: after a restart (of a container, too) the number belongs to somebody else.
"""

import json
from pathlib import Path
from typing import Any

import psutil

from pipeline.foundation.files import write_atomically

Table = dict[str, Any]
WRITERS = {"repro", "exp", "checkout", "pull", "commit", "add", "import", "import-url", "update"}
WRITERS |= {"move", "mv", "remove", "rm", "unprotect", "gc"}
"""Commands of DVC that change a project's files."""


def stale_entries(project: Path) -> list[str]:
    """Return the paths that are locked in the name of a process that is no DVC, sorted."""
    return sorted({path for path, pid in _entries(_read(project)) if not _is_dvc(pid)})


def drop_stale_entries(project: Path) -> list[str]:
    """Remove those entries and return their paths; a DVC that runs keeps its own."""
    stale = stale_entries(project)
    if stale:
        write_atomically(json.dumps(_without_stale(_read(project))), _path(project))
    return stale


def dvc_by_hand(project: Path) -> psutil.Process | None:
    """Return a DVC that writes in the project and that no run of Convoy started, or None.

    It is looked for among the processes: between two of its stages DVC holds no lock, and what it runs next would
    begin in the middle of another run.
    """
    project = project.resolve()
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if WRITERS.isdisjoint(words) or not _names_dvc(words) or "CONVOY_RUN_FOLDER" in process.environ():
                continue
            if Path(process.cwd()).is_relative_to(project):
                return process
        except (psutil.Error, OSError):
            continue
    return None


def _path(project: Path) -> Path:
    return project / ".dvc" / "tmp" / "rwlock"


def _read(project: Path) -> Table:
    try:
        table: Table = json.loads(_path(project).read_text(encoding="utf-8"))
        _entries(table)
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        # Half a file, from a killed DVC: it locks nothing, but every later DVC stops at it.
        return {"write": {"(unreadable)": {"pid": -1, "cmd": ""}}}
    return table


def _without_stale(table: Table) -> Table:
    writers = {path: info for path, info in table.get("write", {}).items() if _is_dvc(info["pid"])}
    readers = {
        path: [info for info in infos if _is_dvc(info["pid"])]
        for path, infos in table.get("read", {}).items()
    }
    kept = {"write": writers, "read": {path: infos for path, infos in readers.items() if infos}}
    return {mode: entries for mode, entries in kept.items() if entries}


def _entries(table: Table) -> list[tuple[str, int]]:
    writers = [(path, info["pid"]) for path, info in table.get("write", {}).items()]
    readers = [(path, info["pid"]) for path, infos in table.get("read", {}).items() for info in infos]
    return writers + readers


def _is_dvc(pid: int) -> bool:
    try:
        return _names_dvc(psutil.Process(pid).cmdline())
    except (psutil.Error, ValueError):
        return False


def _names_dvc(command: list[str]) -> bool:
    return any(Path(word).name in ("dvc", "dvc.exe") for word in command[:4])
