"""Where a model came from: ``lineage.json`` of its bundle. It holds no clock."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.files import json_text

FILE = "lineage.json"


class Lineage(BaseModel):
    """Everything that a result can be traced by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str | None = None
    """As it was promoted; None: it has not been."""

    model: str
    head: str
    parameters: int | None
    run: str | None
    """Folder in ``.convoy/runs`` of the last run before the promotion; None: the stages were run by hand."""

    data: str
    """SHA-256 of the table that passed validation."""

    rows: int
    """Rows of that table."""

    as_of: str | None
    """Latest time in the test split, ISO 8601; None where samples have no times."""

    trained_until: str | None
    """Latest time of a sample that trained the model or chose its epoch."""

    settings: str
    """SHA-256 of all sections of ``params.yaml`` that shape a result."""

    sections: dict[str, str]
    """Section → SHA-256."""

    code: str
    """SHA-256 over the code of all stages."""

    stages: dict[str, str]
    """Stage → SHA-256 of its ``manifest.json``, which lists those of its files."""

    libraries: dict[str, str]
    """Package → version."""

    metric: str
    better: Literal["min", "max"]
    score: float
    """On the test split, by the metric that decides."""

    interval: tuple[float, float] | None
    samples: int
    """Of the test split."""

    @property
    def network(self) -> tuple[str, ...]:
        """What makes it this network: its code, and the settings of the rooms that train."""
        return (self.code, *(self.sections.get(name, "") for name in NETWORK))

    @property
    def fingerprint(self) -> str:
        """Return what one training on one preparation of the data is known by."""
        return hashed({stage: self.stages.get(stage) for stage in ("preprocess", "analyze")})


NETWORK = ("preprocessing", "extraction", "temporal", "heads", "model", "training", "run")
"""Sections whose change makes another network; new data alone do not."""


def hashed(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of ``content`` as JSON with sorted keys."""
    return hashlib.sha256(json_text(content).encode()).hexdigest()


class _Told(BaseModel):
    """What a promoted model and one of the last run have in common; each says more."""

    version: str
    model: str
    data: str | dict[str, str] = {}
    stages: dict[str, str] = {}
    code: str = ""
    rows: int = 0


def told_lineage(path: Path) -> dict[str, Any]:
    """Return ``lineage.json`` of any model as it is written, also of one that nobody promoted.

    Raises:
        IntegrityError: It is missing, or not one.
    """
    try:
        text = path.read_bytes()
        _Told.model_validate_json(text)
    except (OSError, ValidationError) as error:
        raise _unknown_origin(path, error) from None
    lineage: dict[str, Any] = json.loads(text)
    return lineage


def read_lineage(path: Path) -> Lineage:
    """Return what a ``lineage.json`` says.

    Raises:
        IntegrityError: It is missing, or not one.
    """
    try:
        return Lineage.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise _unknown_origin(path, error) from None


def _unknown_origin(path: Path, error: Exception) -> IntegrityError:
    told = "; ".join(line.strip() for line in str(error).splitlines()[:3])
    return IntegrityError(
        f"{path} does not say where the model came from: {told}; bring the folder of the model anew"
    )
