"""The metrics of the model beside those of its baselines, as ``evaluate`` wrote them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MODEL = "this model"
_COLUMNS = 6


@dataclass(frozen=True)
class Scores:
    """One row per model, the judged one first; what a model was not measured by is left out."""

    verdict: str
    """What ``evaluate`` says in one sentence."""

    metrics: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, float]], ...]

    def header(self) -> list[str]:
        """Return the titles of the columns."""
        return ["", *self.metrics]

    def cells(self) -> list[list[str]]:
        """Return the rows as text."""
        return [[name, *(_told(values.get(metric)) for metric in self.metrics)] for name, values in self.rows]

    def markdown(self) -> str:
        """Return the verdict and the table as markdown."""
        rows = [self.header(), ["---", *("---:" for _ in self.metrics)], *self.cells()]
        table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
        return f"{self.verdict}\n\n{table}\n"


def read_scores(project: Path) -> Scores | None:
    """Return what ``data/evaluate`` holds, or None where nothing has been evaluated yet."""
    folder = project / "data" / "evaluate"
    numbers = _json(folder / "metrics.json")
    if not numbers:
        return None
    models: dict[str, dict[str, float]] = {MODEL: {}}
    for key, value in numbers.items():
        match key.split("/"), value:
            case ["test", metric], int() | float():
                models[MODEL][metric] = float(value)
            case ["baseline", name, metric], int() | float():
                models.setdefault(name, {})[metric] = float(value)
    metrics = tuple(models[MODEL]) or tuple(dict.fromkeys(name for row in models.values() for name in row))
    verdict = str(_json(folder / "report.json").get("summary", ""))
    return Scores(verdict, metrics[:_COLUMNS], tuple(models.items()))


def report_page(project: Path) -> Path | None:
    """Return the page that ``evaluate`` made, if it is there."""
    page = project / "data" / "evaluate" / "report.html"
    return page if page.is_file() else None


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _told(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
