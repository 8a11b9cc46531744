"""Drift that was told and that no retrain has answered yet: ``.convoy/drift/unanswered.json``.

An event is heard once. Where it comes while a retrain is under way none can begin, and whoever serves may be killed
before one does; so it stands in a file until a retrain that began after it has ended well.
"""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from flows.watching.history import FOLDER
from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.ledger import held

FILE = "unanswered.json"


class Unanswered(BaseModel):
    """What drift still waits for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    found: AwareDatetime | None = None
    """When drift was told last; None: a retrain has answered it."""

    began: AwareDatetime | None = None
    """When the last retrain began that took drift up."""

    run: str | None = None
    """Name of that retrain."""


def unanswered(project: Path) -> Unanswered:
    """Return what waits; a file that cannot be read waits for nothing."""
    try:
        return Unanswered.model_validate_json((project / FOLDER / FILE).read_bytes())
    except (OSError, ValidationError):
        return Unanswered()


def remember(project: Path) -> None:
    """Note that drift has just been told."""
    _change(project, found=datetime.now(UTC))


def take_up(project: Path, began: datetime, *, run: str) -> None:
    """Note that a retrain begins that shall answer what was told so far."""
    _change(project, began=began, run=run)


def answered(project: Path, began: datetime) -> None:
    """Note that the retrain that began then has ended well: what was told before it is answered, later drift is not."""
    with held(project / FOLDER):
        known = unanswered(project)
        if known.found is not None and known.found <= began:
            _write(project, known.model_copy(update={"found": None}))


def _change(project: Path, **fields: object) -> None:
    with held(project / FOLDER):
        _write(project, unanswered(project).model_copy(update=fields))


def _write(project: Path, known: Unanswered) -> None:
    write_atomically(json_text(known.model_dump(mode="json")), project / FOLDER / FILE)
