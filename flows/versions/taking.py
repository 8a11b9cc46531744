"""New data: a dated snapshot is taken before the graph runs."""

import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.versions.command import call_dvc
from flows.versions.copying import clear_halves, copy_whole, is_same
from flows.versions.incoming import ASKED, Incoming, asked_answer, incoming_files, place_here, told_of
from flows.versions.named import time_name
from flows.versions.pointing import point_at, snapshot_in_use
from flows.versions.snapshot import WRITTEN, Snapshot, pointer_of
from pipeline.config import Config
from pipeline.foundation.files import text_if_there
from pipeline.sources.taken import taken_names

PUNCTUAL = timedelta(minutes=1)
"""How far the time that a run stands for may lie from now, for what it takes to count as taken at that time."""


def take_snapshot(
    project: Path, config: Config, as_of: datetime, *, tell: Callable[[str], object]
) -> Snapshot | None:
    """Take what is new where ``flow.new_data`` says, and point the settings at it; None: nothing is new.

    The files are copied to ``data/raw/NAME/<as_of>/``, put under DVC, and ``params.yaml`` and ``dvc.yaml`` name that
    folder from then on. Where ``as_of`` lies more than a minute away, the folder is named after now.

    Args:
        project: The project; the caller holds it.
        config: Its settings.
        as_of: The time that the run stands for.
        tell: Hears which files were left out.

    Raises:
        ConfigError: The source reads no snapshot, so there is nothing that could be exchanged, or the place is one of
            the project's own folders.
        DataError: Nothing is there, or a database does not answer.
        BusyError: It is being written.
        MachineError: A server cannot be reached, or DVC cannot take it.
    """
    if config.flow.new_data is None:
        return None
    current = snapshot_in_use(config)
    home = project / current.parent
    clear_halves(home)
    try:
        return _taken(project, config, as_of, tell)
    finally:
        shutil.rmtree(project / ASKED, ignore_errors=True)


def _taken(project: Path, config: Config, as_of: datetime, tell: Callable[[str], object]) -> Snapshot | None:
    place, query, current = config.flow.new_data or "", config.flow.new_query, snapshot_in_use(config)

    def taken(names: Collection[str]) -> list[str]:
        return taken_names(names, config.sources, current)

    def listed() -> Incoming:
        return incoming_files(place, project, project / current, taken)

    asked = None if query is None else asked_answer(place, query, project, project / current)
    files, others = listed() if asked is None else Incoming(asked)
    if others:
        tell(f"left out {told_of(others)}, which sources does not read")
    if is_same(files, project / current, taken):
        return None
    folder = _free(project, current.parent, _known_from(as_of))
    snapshot = Snapshot(project, folder, current, {name: text_if_there(project / name) for name in WRITTEN})
    snapshot.begin()
    try:
        is_here = query is None and place_here(place, project) is not None
        copy_whole(files, project / folder, listed=(lambda: listed().files) if is_here else None)
        call_dvc(["add", "--quiet", folder.as_posix()], project)
        point_at(project, current, folder)
    except Exception:
        snapshot.undo()
        raise
    return snapshot


def _known_from(as_of: datetime) -> datetime:
    """Return the time that a snapshot of now is named after.

    That of the run, or, where the run stands for another time (it was missed, it waited, comparing took long), now:
    a backfill must not see at a past time what was only taken later.
    """
    now = datetime.now(UTC)
    return as_of if abs(now - as_of) < PUNCTUAL else now.replace(microsecond=0)


def _free(project: Path, home: Path, as_of: datetime) -> Path:
    """Return the folder of a snapshot as of a time; with a number where that time has one already."""
    name = time_name(as_of)
    number, folder = 1, home / name
    while (project / folder).exists() or pointer_of(project / folder).exists():
        number += 1
        folder = home / f"{name}-{number}"
    return folder
