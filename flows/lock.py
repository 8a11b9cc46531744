"""One run at a time in one project."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from flows.processes import identity
from pipeline.foundation.errors import BusyError

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
    path = project.resolve() / ".convoy" / "lock"
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BusyError(_who_holds(project, path)) from None
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


def _who_holds(project: Path, path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"`{holder['what']}`, process {holder['pid']} on {holder['host']}"
    except (ValueError, KeyError):
        who = "another run"
    return f"{project} is held by {who}; wait until it ends, or end it with Ctrl-C, and run again"
