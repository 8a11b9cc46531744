"""New data: a dated snapshot is taken before the graph runs, and taken back if the gate does not let it pass."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.versions.command import call_dvc
from flows.versions.incoming import ASKED, asked_answer, clear_halves, copy_whole, incoming_files, is_same
from flows.versions.named import time_name
from pipeline.config import Config, FlowConfig
from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import json_text, write_atomically

RAW = Path("data") / "raw"
GATE = ("ingest", "validate")
"""Stages that new data have to pass; what fails later fails with data that were found good."""

WRITTEN = ("dvc.yaml", "params.yaml", "dvc.lock")
"""Files that say which data are in use, in the order in which they are changed."""

JOURNAL = Path(".convoy") / "snapshot.json"
REJECTED = Path(".convoy") / "rejected"


@dataclass(frozen=True)
class Snapshot:
    """Data that were taken for a run and have not passed the gate yet."""

    project: Path
    folder: Path
    """``data/raw/NAME/AS_OF``, relative to the project."""

    before: dict[str, str | None]
    """What the files in :data:`WRITTEN` held; None: there was none."""

    def keep(self) -> None:
        """Take them for good."""
        (self.project / JOURNAL).unlink(missing_ok=True)

    def undo(self) -> Path:
        """Bring params, stages, lock and the folders of the gate back, and return where the data went.

        What DVC's cache does not hold any more is made again by the next run, which finds the old inputs.
        """
        for name in reversed(WRITTEN):
            text, path = self.before[name], self.project / name
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
        return kept


def take_snapshot(project: Path, config: Config, as_of: datetime) -> Snapshot | None:
    """Take what is new where ``flow.new_data`` says, and point the settings at it; None: nothing is new.

    The files are copied to ``data/raw/NAME/<as_of>/``, put under DVC, and ``params.yaml`` and ``dvc.yaml`` name that
    folder from then on.

    Args:
        project: The project; the caller holds it.
        config: Its settings.
        as_of: The time that the run stands for.

    Raises:
        ConfigError: The source reads no snapshot, so there is nothing that could be exchanged.
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
        return _taken(project, config.flow, current, as_of)
    finally:
        shutil.rmtree(project / ASKED, ignore_errors=True)


def _taken(project: Path, flow: FlowConfig, current: Path, as_of: datetime) -> Snapshot | None:
    place, query = flow.new_data or "", flow.new_query
    files = (
        incoming_files(place, project, project / current)
        if query is None
        else asked_answer(place, query, project, project / current)
    )
    if is_same(files, project / current):
        return None
    folder = _free(project, current.parent, as_of)
    snapshot = Snapshot(project, folder, {name: _text(project / name) for name in WRITTEN})
    _write_journal(snapshot)
    try:
        copy_whole(files, project / folder)
        call_dvc(["add", "--quiet", folder.as_posix()], project)
        for name in ("dvc.yaml", "params.yaml"):
            text = snapshot.before[name] or ""
            write_atomically(pointed(text, current, folder), project / name)
    except Exception:
        snapshot.undo()
        raise
    return snapshot


def undo_killed(project: Path) -> bool:
    """Undo the snapshot of a run that was killed before its data passed the gate; return whether there was one."""
    try:
        story = json.loads((project / JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    Snapshot(project, Path(story["folder"]), story["before"]).undo()
    return True


def snapshot_in_use(config: Config) -> Path:
    """Return ``data/raw/NAME/AS_OF`` of what the source reads.

    Raises:
        ConfigError: It reads something else.
    """
    for text in _texts(config.sources.model_dump(mode="json")):
        path = Path(text)
        if path.is_relative_to(RAW) and len(path.parts) > 3:
            return Path(*path.parts[:4])
    raise ConfigError(
        f"flow.new_data={shown(config.flow.new_data or '')} brings dated snapshots, and sources reads none below "
        f"data/raw/NAME/DATE; `convoy init DIR --data FILE` makes a project that does"
    )


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


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


def pointed(text: str, old: Path, new: Path) -> str:
    """Return YAML with every path below ``old`` below ``new``; the rest of it stays as it was laid out."""
    return re.sub(rf"(?<![\w./-]){re.escape(old.as_posix())}(?![\w.-])", new.as_posix(), text)


def _write_journal(snapshot: Snapshot) -> None:
    story = {"folder": snapshot.folder.as_posix(), "before": snapshot.before}
    write_atomically(json_text(story), snapshot.project / JOURNAL)


def _outs(lock: str | None) -> list[str]:
    """Return the folders of the stages of the gate that a lock knows."""
    return [f"data/{stage}" for stage in GATE if f"path: data/{stage}\n" in (lock or "")]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
