"""One run at a time in one project, and one writer of its registry."""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from flows.programs.processes import identity
from pipeline.foundation.errors import BusyError

PATIENCE_SECONDS = 60.0
HELD = "{project} is held by {who}; wait until it ends, or end it with Ctrl-C, and run again"
SERVED = (
    "{project} is served already by {who}; end that one first (one `convoy serve` can retrain and predict)"
)
_held: set[Path] = set()


@contextmanager
def only_run(project: Path, what: str) -> Iterator[None]:
    """Hold the project while the block runs; inside a block of the same process it does nothing.

    The kernel gives the lock back when its holder ends, however it ends, so none is ever stale. It keeps
    two runs of Convoy apart; a `dvc repro` by hand is kept out by DVC's own locks.

    Args:
        project: Folder of the project.
        what: What holds it, for the sentence that the other run ends with: ``convoy run``.

    Raises:
        BusyError: Another process holds the project; the message names it.
    """
    with _holding(project, project.resolve() / ".convoy" / "lock", what):
        yield


@contextmanager
def only_writer(project: Path, what: str) -> Iterator[None]:
    """Hold the project's registry while the block runs; a rollback waits for a promotion, never for a run.

    Raises:
        BusyError: Another process held it for :data:`PATIENCE_SECONDS`; the message names it.
    """
    path = project.resolve() / ".convoy" / "registry" / "lock"
    with _holding(project, path, what, patience=PATIENCE_SECONDS):
        yield


@contextmanager
def only_serving(project: Path) -> Iterator[None]:
    """Be the one process that keeps a server and the schedules of the project while the block runs.

    Raises:
        BusyError: Another process does; the message names it.
    """
    path = project.resolve() / ".convoy" / "serving" / "lock"
    with _holding(project, path, "convoy serve", told=SERVED):
        yield


@contextmanager
def _holding(
    project: Path, path: Path, what: str, *, patience: float = 0.0, told: str = HELD
) -> Iterator[None]:
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        give_up = time.monotonic() + patience
        while not _taken(file):
            if time.monotonic() >= give_up:
                raise BusyError(told.format(project=project, who=_who_holds(path)))
            time.sleep(0.1)
        file.truncate(0)
        me = identity()
        file.write(json.dumps({"what": what, **(asdict(me) if me else {})}))
        file.flush()
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
            file.truncate(0)


def _taken(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _who_holds(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"`{holder['what']}`, process {holder['pid']} on {holder['host']}"
    except (ValueError, KeyError):
        return "another run"
