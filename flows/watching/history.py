"""Every comparison of new data with those of a model, one line each: ``.convoy/drift/history.jsonl``.

It only grows at its end, by whole lines, under a lock; of more than :data:`MOST` lines the old ones go.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.drift.findings import DriftReport
from pipeline.foundation.files import write_atomically

FOLDER, FILE, LOCK = Path(".convoy") / "drift", "history.jsonl", "lock"
MOST = 1000
NAMES = 10
"""Columns that a line names at most."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Entry(BaseModel):
    """One comparison."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    time: str = Field(default_factory=_now)
    """UTC, ISO 8601."""

    kind: Literal["predict", "retrain"]
    model: str
    """Version of the model that the data were compared with."""

    data: str
    """What was compared: a hash, so that the same data are known again."""

    name: str
    """The same for a person."""

    run: str | None = None
    rows: int
    drift: bool
    tests: int
    columns: tuple[str, ...] = ()
    """What moved, the farthest first."""

    distance: float | None = None
    """The largest of all measures but the one of new values, which has no size; None: nothing was tested."""

    p_value: float | None = None
    """The smallest after the correction."""

    metric: str | None = None
    score: float | None = None
    """Of rows whose targets are known."""

    low: float | None = None
    high: float | None = None
    """The interval of the test split, when the model was made."""

    worse: bool = False
    told: bool = False
    """Whether an event told it."""

    @classmethod
    def of(
        cls, report: DriftReport, *, kind: Literal["predict", "retrain"], model: str, data: str, name: str
    ) -> Self:
        """Return the line of a comparison."""
        moved = sorted((each for each in report.findings if each.drift), key=lambda each: -each.distance)
        names = tuple(dict.fromkeys(each.column for each in moved))[:NAMES]
        sizes = [each.distance for each in report.findings if each.measure != "new values"]
        score = report.performance
        return cls(
            kind=kind,
            model=model,
            data=data,
            name=name,
            rows=report.rows,
            drift=report.drift,
            tests=len(report.findings),
            columns=names,
            distance=max(sizes, default=None),
            p_value=min((each.adjusted for each in report.findings), default=None),
            metric=None if score is None else score.metric,
            score=None if score is None else score.now.score,
            low=None if score is None else score.then.low,
            high=None if score is None else score.then.high,
            worse=score is not None and score.worse,
        )

    @property
    def alarms(self) -> bool:
        """Whether somebody should look."""
        return self.drift or self.worse


def append(project: Path, entry: Entry) -> None:
    """Add a line; a reader sees all of it or nothing."""
    with held(project) as path:
        whole = (path.read_bytes() if path.is_file() else b"").endswith(b"\n") or not path.is_file()
        line = ("" if whole else "\n") + entry.model_dump_json() + "\n"  # after a line that a crash cut
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) > 2 * MOST:
            write_atomically("\n".join(lines[-MOST:]) + "\n", path)


def entries(project: Path) -> list[Entry]:
    """Return all comparisons, the oldest first; lines that cannot be read are passed over."""
    try:
        text = (project / FOLDER / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return list(_readable(text.splitlines()))


def _readable(lines: Sequence[str]) -> Iterator[Entry]:
    for line in lines:
        try:
            yield Entry.model_validate(json.loads(line))
        except (ValueError, ValidationError, RecursionError):
            continue


@contextmanager
def held(project: Path) -> Iterator[Path]:
    """Be the one process that writes what is known of drift; the path is that of the history."""
    folder = project / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / FILE
