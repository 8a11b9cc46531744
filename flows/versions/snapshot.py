"""New data: a dated snapshot is taken before the graph runs, and taken back if the gate does not let it pass."""

import json
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.versions.command import call_dvc
from flows.versions.incoming import (
    ASKED,
    Incoming,
    asked_answer,
    clear_halves,
    copy_whole,
    incoming_files,
    is_same,
    place_here,
    told_of,
)
from flows.versions.named import time_name
from flows.versions.pointing import POINTING, point_at, pointed, snapshot_in_use
from pipeline.config import Config
from pipeline.foundation.files import json_text, write_atomically
from pipeline.sources.taken import taken_names

GATE = ("ingest", "validate")
"""Stages that new data have to pass; what fails later fails with data that were found good."""

WRITTEN = (*POINTING, "dvc.lock")
"""Files that say which data are in use, in the order in which they are changed."""

PUNCTUAL = timedelta(minutes=1)
"""How far the time that a run stands for may lie from now, for what it takes to count as taken at that time."""

JOURNAL = Path(".convoy") / "snapshot.json"
REJECTED = Path(".convoy") / "rejected"


@dataclass(frozen=True)
class Snapshot:
    """Data that were taken for a run and have not passed the gate yet."""

    project: Path
    folder: Path
    """``data/raw/NAME/AS_OF``, relative to the project."""

    replaced: Path
    """The snapshot that was in use before."""

    before: dict[str, str | None]
    """What the files in :data:`WRITTEN` held; None: there was none."""

    def keep(self) -> None:
        """Take them for good."""
        (self.project / JOURNAL).unlink(missing_ok=True)

    def undo(self) -> "Undone":
        """Bring params, stages, lock and the folders of the gate back.

        What DVC's cache does not hold any more is made again by the next run, which finds the old inputs. What somebody
        has changed meanwhile in params or stages stays; there only the snapshot's path is taken back.
        """
        edited = self._edited()
        for name in reversed(WRITTEN):
            text, path = self.before[name], self.project / name
            if name in edited:
                text = pointed(_text(path) or "", self.folder, self.replaced)
            path.unlink(missing_ok=True) if text is None else write_atomically(text, path)
        if outs := _outs(
            self.before["dvc.lock"]
        ):  # without names DVC would overwrite every folder that it knows
            call_dvc(["checkout", "--quiet", "--force", *outs], self.project, must=False)
        kept = self.project / REJECTED / f"{self.folder.parent.name}-{self.folder.name}"
        shutil.rmtree(kept, ignore_errors=True)
        if (self.project / self.folder).exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            (self.project / self.folder).rename(kept)
        if _pointer(self.project / self.folder).exists():
            call_dvc(["remove", "--quiet", f"{self.folder.as_posix()}.dvc"], self.project, must=False)
        self.keep()
        return Undone(kept, _also(edited, self.replaced) if edited else None)

    def _edited(self) -> list[str]:
        """Return the files of settings and stages that hold neither what they held before, nor what was written."""
        found = []
        for name in POINTING:
            before, now = self.before[name], _text(self.project / name)
            known = (None, before, pointed(before or "", self.replaced, self.folder))
            found += [name] if now not in known else []
        return sorted(found)


@dataclass(frozen=True)
class Undone:
    """What became of a snapshot that was taken back."""

    kept: Path
    """Where its data went."""

    edited: str | None
    """What became of files that somebody has changed meanwhile, as a sentence; None: nobody did."""


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
    snapshot = Snapshot(project, folder, current, {name: _text(project / name) for name in WRITTEN})
    _write_journal(snapshot)
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


def undo_killed(project: Path) -> str | None:
    """Undo the snapshot of a run that was killed before its data passed the gate.

    Returns:
        What was done, as a sentence; None: there was none.
    """
    try:
        story = json.loads((project / JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    folder = Path(story["folder"])
    undone = Snapshot(project, folder, Path(story["replaced"]), story["before"]).undo()
    told = f"a run was killed before its new data passed the gate; they went to {undone.kept}"
    return f"{told}, and {undone.edited}" if undone.edited else told


def _also(edited: Sequence[str], replaced: Path) -> str:
    """Return what became of files that somebody has changed while new data were taken."""
    names = " and ".join(edited)
    return f"{names}, changed meanwhile, kept what was changed and only names {replaced.as_posix()} again"


def _free(project: Path, home: Path, as_of: datetime) -> Path:
    """Return the folder of a snapshot as of a time; with a number where that time has one already."""
    name = time_name(as_of)
    number, folder = 1, home / name
    while (project / folder).exists() or _pointer(project / folder).exists():
        number += 1
        folder = home / f"{name}-{number}"
    return folder


def _pointer(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.dvc")


def _write_journal(snapshot: Snapshot) -> None:
    story = {
        "folder": snapshot.folder.as_posix(),
        "replaced": snapshot.replaced.as_posix(),
        "before": snapshot.before,
    }
    write_atomically(json_text(story), snapshot.project / JOURNAL)


def _outs(lock: str | None) -> list[str]:
    """Return the folders of the stages of the gate that a lock knows."""
    return [f"data/{stage}" for stage in GATE if f"path: data/{stage}\n" in (lock or "")]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
