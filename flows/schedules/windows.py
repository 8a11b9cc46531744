"""What a backfill has to do: a time, the snapshot that was there then, and whether that has been done."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.showing.terminal import Terminal
from flows.versions.named import time_name
from flows.versions.past import snapshot_as_of
from flows.versions.pointing import pointed, snapshot_in_use
from flows.versions.snapshot import pointer_of
from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.foundation.files import json_text, text_if_there, write_atomically
from pipeline.foundation.words import plural
from pipeline.stages.closure import code_text

HOME = Path(".convoy") / "backfill"
DONE = "done.json"
KEPT = {"params.yaml": "params.yaml", "dvc.yaml": "stages.yaml", "dvc.lock": "lock.yaml"}
"""What is kept of a run, by names in which DVC does not see more stages of the project."""


@dataclass(frozen=True)
class Window:
    """One past time of a schedule."""

    project: Path
    as_of: datetime
    snapshot: Path
    """``data/raw/NAME/AS_OF``, relative to the project."""

    key: str
    """Hash of settings, stages, suite, code and snapshot: with others it is not done."""

    @property
    def folder(self) -> Path:
        """Where lock, params and the end of its run are kept."""
        return self.project / HOME / time_name(self.as_of)

    def is_done(self) -> bool:
        """Return whether it went well before, with the same settings, code and data."""
        return self._done().get("key") == self.key

    def told(self) -> str:
        """Return what came of it; empty: it is not done."""
        return self._done().get("told", "") if self.is_done() else ""

    def keep(self, run: str, told: str) -> None:
        """Keep what its results belong to; they themselves are in DVC's cache."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, kept in KEPT.items():
            if (self.project / name).is_file():
                shutil.copyfile(self.project / name, self.folder / kept)
        content = {"as_of": self.as_of.isoformat(), "key": self.key, "run": run, "told": told}
        write_atomically(json_text(content), self.folder / DONE)

    def _done(self) -> dict[str, str]:
        try:
            done: dict[str, str] = json.loads((self.folder / DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return done


def windows_of(project: Path, config: Config, times: Sequence[datetime], *, every_run: bool) -> list[Window]:
    """Return what is to be run, and say what is not: times before the first snapshot, and at which none was new.

    Args:
        project: Its settings are those of today.
        config: The same, read.
        times: The oldest first.
        every_run: Keep a time whose snapshot is that of the time before.

    Raises:
        ConfigError: The source reads no dated snapshots, so nobody knows what was there.
        DataError: No snapshot is old enough for any of the times.
    """
    current = snapshot_in_use(config)
    known = [(time, snapshot_as_of(project, current, time)) for time in times]
    found = [(time, folder) for time, folder in known if folder is not None]
    if not found:
        raise DataError(
            f"{current.parent} holds no snapshot that was taken by {times[-1]:%Y-%m-%dT%H:%MZ}, and a later one must "
            f"not be seen; end with a later date"
        )
    if lacking := len(known) - len(found):
        Terminal().line(f"{plural(lacking, 'time')} left out: before the first snapshot")
    before = [None, *(folder for _, folder in found)]
    fresh = [pair for pair, last in zip(found, before, strict=False) if every_run or pair[1] != last]
    if same := len(found) - len(fresh):
        Terminal().line(
            f"{plural(same, 'time')} left out: nothing new since the time before (--every-run runs them)"
        )
    return [Window(project, time, folder, _key(project, config, folder)) for time, folder in fresh]


def _key(project: Path, config: Config, snapshot: Path) -> str:
    current = snapshot_in_use(config)
    texts = [
        pointed(text_if_there(project / name) or "", current, snapshot)
        for name in ("params.yaml", "dvc.yaml")
    ]
    texts += [
        text_if_there(project / config.quality.suite) or "",
        text_if_there(pointer_of(project / snapshot)) or "",
        code_text(),
    ]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
