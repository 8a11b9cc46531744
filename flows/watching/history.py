"""Every comparison of new data with those of a model, one line each: ``.convoy/drift/history.jsonl``.

It only grows at its end, by whole lines, under a lock; of more than :data:`MOST` lines the old ones go.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.foundation.ledger import append_line, lines_of

if TYPE_CHECKING:
    from pipeline.drift.findings import (
        DriftReport,  # SciPy comes with it, and `convoy status` only reads lines
    )

FOLDER, FILE = Path(".convoy") / "drift", "history.jsonl"
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
        cls, report: "DriftReport", *, kind: Literal["predict", "retrain"], model: str, data: str, name: str
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
    append_line(project / FOLDER / FILE, entry.model_dump_json(), most=MOST)


def entries(project: Path) -> list[Entry]:
    """Return all comparisons, the oldest first; lines that cannot be read are passed over."""
    return list(_readable(lines_of(project / FOLDER / FILE)))


def _readable(lines: Sequence[str]) -> Iterator[Entry]:
    for line in lines:
        try:
            yield Entry.model_validate(json.loads(line))
        except (ValueError, ValidationError, RecursionError):
            continue
