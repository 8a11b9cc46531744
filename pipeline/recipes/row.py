"""What a reproduction came to: one row per recipe, protocol and budget, kept as JSON beside the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pipeline.comparison.board import Board, Line
from pipeline.comparison.config import OWN
from pipeline.evaluation.metrics import METRICS
from pipeline.foundation.files import json_text, write_atomically
from pipeline.recipes.config import Budget


class Row(BaseModel):
    """One reproduction under one protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    protocol: str
    budget: Budget
    counts: dict[str, int]
    """Samples per split."""

    split: str
    """How they were divided, in words."""

    audit: dict[str, int]
    """Findings of the leakage audit by severity."""

    machine: str
    board: Board

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        lines, metric = self.board.lines, self.board.metric
        if metric not in METRICS or not all(metric in line.scores for line in lines):
            raise ValueError(f"board.metric={metric} is no metric that every line has a score by")
        if not any(line.name == OWN for line in lines):
            raise ValueError(f"board.lines have none of {OWN}")
        return self

    @property
    def own(self) -> Line:
        """The published system itself."""
        return next(line for line in self.board.lines if line.name == OWN)

    @property
    def rival(self) -> Line | None:
        """The best of those that are no hybrid; None: there is none."""
        return next((line for line in self.board.lines if line.role not in ("model", "hybrid")), None)

    @property
    def floor(self) -> Line | None:
        """The best of those that learn nothing."""
        return next((line for line in self.board.lines if line.role == "floor"), None)


def write_row(row: Row, folder: Path) -> None:
    """Write one row below ``folder``."""
    write_atomically(
        json_text(row.model_dump(mode="json")), _path(folder, row.recipe, row.protocol, row.budget)
    )


def _tell_nobody(_line: str) -> None:
    return


def read_rows(folder: Path, tell: Callable[[str], None] = _tell_nobody) -> list[Row]:
    """Return the rows below ``folder``, sorted; what an older version wrote, or nobody can read, is passed over.

    Args:
        folder: Where they are.
        tell: Hears of each that is passed over.
    """
    rows = []
    for path in sorted(folder.glob("*.json")):
        try:
            rows.append(Row.model_validate_json(path.read_text(encoding="utf-8")))
        except (ValidationError, UnicodeDecodeError):
            name = path.name.partition(".")[0]
            tell(f"passed over: {path} is no row of this version; `convoy reproduce {name}` writes it anew")
    return rows


def _path(folder: Path, recipe: str, protocol: str, budget: str) -> Path:
    return folder / f"{recipe}.{protocol}.{budget}.json"
