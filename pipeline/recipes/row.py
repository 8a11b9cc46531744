"""What a reproduction came to: one row per recipe, protocol and budget, kept as JSON beside the page."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.comparison.board import Board, Line
from pipeline.comparison.config import OWN
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


def read_rows(folder: Path) -> list[Row]:
    """Return the rows below ``folder``, sorted; what an older version wrote is passed over."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        try:
            rows.append(Row.model_validate_json(path.read_text(encoding="utf-8")))
        except ValidationError:
            continue
    return rows


def _path(folder: Path, recipe: str, protocol: str, budget: str) -> Path:
    return folder / f"{recipe}.{protocol}.{budget}.json"
