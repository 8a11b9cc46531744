"""One run at a time in one project, and one writer of its registry."""

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from flows.programs.processes import identity
from pipeline.foundation.errors import BusyError

PATIENCE_SECONDS = 60.0
HELD = "{project} is held by {who}; wait until it ends, or end it with {how}, and run again"
SCHEDULED = "scheduled retrain"
"""What holds a project for a schedule; whoever wants it ended has no terminal of it."""

SERVED = (
    "{project} is served already by {who}; end that one first (one `convoy serve` can retrain and predict)"
)
TAKEN = "{project} is served already by {who}; end that one first, or give this one another name with --name"
UNKNOWN = "another run"
_held: set[Path] = set()


@contextmanager
def only_run(
    project: Path, what: str, *, patience: float = 0.0, tell: Callable[[str], object] | None = None
) -> Iterator[None]:
    """Hold the project while the block runs; inside a block of the same process it does nothing.

    The kernel gives the lock back when its holder ends, however it ends, so none is ever stale. It keeps
    two runs of Convoy apart; a `dvc repro` by hand is kept out by DVC's own locks.

    Args:
        project: Folder of the project.
        what: What holds it, for the sentence that the other run ends with: ``convoy run``.
        patience: Seconds to wait for another process that holds it.
        tell: Hears who that is, where it is waited for.

    Raises:
        BusyError: Another process holds the project, and did so all the time; the message names it.
    """
    path = project.resolve() / ".convoy" / "lock"
    with _holding(project, path, what, patience=patience, tell=tell):
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
    with _holding(project, _serving(project, ""), "convoy serve", told=SERVED):
        yield


@contextmanager
def only_server_of(project: Path, titles: Sequence[str]) -> Iterator[None]:
    """Be the one process that serves deployments of the project while the block runs, at whichever server.

    Args:
        project: Folder of the project.
        titles: Flow and deployment of each, with a slash between.

    Raises:
        BusyError: Another process of this machine serves one of them; the message names it.
    """
    with ExitStack() as stack:
        for title in titles:
            told = f"{title} of {TAKEN}"
            stack.enter_context(_holding(project, _serving(project, title), "convoy serve", told=told))
        yield


def is_served(project: Path, title: str) -> bool:
    """Return whether another process of this machine serves a deployment of the project."""
    path = _serving(project, title)
    if path in _held or not path.is_file():
        return False
    with path.open("a+", encoding="utf-8") as file:
        return not _taken(file)


def _serving(project: Path, title: str) -> Path:
    name = f"{title.replace('/', '-')}.lock" if title else "lock"
    return project.resolve() / ".convoy" / "serving" / name


@contextmanager
def _holding(
    project: Path,
    path: Path,
    what: str,
    *,
    patience: float = 0.0,
    told: str = HELD,
    tell: Callable[[str], object] | None = None,
) -> Iterator[None]:
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        give_up, known = time.monotonic() + patience, ""
        while not _taken(file):
            who, how = _who_holds(path)
            if time.monotonic() >= give_up:
                raise BusyError(told.format(project=project, who=who, how=how))
            if tell is not None and who not in (known, UNKNOWN):
                tell(who)
                known = who
            time.sleep(0.1)
        file.truncate(0)
        me, since = identity(), datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"what": what, "since": since, **(asdict(me) if me else {})}))
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


def _who_holds(path: Path) -> tuple[str, str]:
    """Return who holds a lock, and how that is ended."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"`{holder['what']}`, process {holder['pid']} on {holder['host']}"
        how = "Cancel in Prefect" if holder["what"] == SCHEDULED else "Ctrl-C"
        return f"{who}, since {datetime.fromisoformat(holder['since']):%Y-%m-%d %H:%M:%S %Z}", how
    except (ValueError, KeyError):
        return UNKNOWN, "Ctrl-C"  # it is just writing down who it is
