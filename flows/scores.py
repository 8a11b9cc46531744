"""The metrics of the model beside those of its baselines, as ``evaluate`` wrote them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

MODEL = "this model"

Values = Mapping[str, float]


@dataclass(frozen=True)
class Scores:
    """One row per model, the judged one first; what a model was not measured by is left out."""

    verdict: str
    """What ``evaluate`` says in one sentence."""

    metrics: tuple[str, ...]
    rows: tuple[tuple[str, Values], ...]

    def header(self) -> list[str]:
        """Return the titles of the columns; a metric with an interval has a second one for it."""
        titles = [[metric, "interval"] if self._has_interval(metric) else [metric] for metric in self.metrics]
        return ["", *chain.from_iterable(titles)]

    def cells(self) -> list[list[str]]:
        """Return the rows as text."""
        return [[name, *chain.from_iterable(self._cells(values))] for name, values in self.rows]

    def markdown(self) -> str:
        """Return the verdict and the table as markdown."""
        rows = [self.header(), ["---", *("---:" for _ in self.metrics)], *self.cells()]
        table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
        return f"{self.verdict}\n\n{table}\n"

    def _cells(self, values: Values) -> Iterator[list[str]]:
        for metric in self.metrics:
            value = f"{values[metric]:.4g}" if metric in values else ""
            yield [value, _interval(values, metric)] if self._has_interval(metric) else [value]

    def _has_interval(self, metric: str) -> bool:
        return any(_interval(values, metric) for _, values in self.rows)


def read_scores(project: Path) -> Scores | None:
    """Return what ``data/evaluate`` holds, or None where nothing has been evaluated yet."""
    folder = project / "data" / "evaluate"
    numbers = _json(folder / "metrics.json")
    if not numbers:
        return None
    model: dict[str, float] = {}
    rivals: dict[str, dict[str, float]] = {}
    for key, value in numbers.items():
        match key.split("/"), value:
            case ["test", metric], int() | float():
                model[metric] = float(value)
            case ["baseline", name, metric], int() | float():
                rivals.setdefault(name, {})[metric] = float(value)
    report = _json(folder / "report.json")
    name = str(_json(project / "data" / "analyze" / "report.json").get("model", MODEL))
    rows = ((name, model), *((rival, rivals[rival]) for rival in _best_first(rivals, report)))
    return Scores(str(report.get("summary", "")), _columns(model, rivals), rows)


def report_page(project: Path) -> Path | None:
    """Return the page that ``evaluate`` made, if it is there."""
    page = project / "data" / "evaluate" / "report.html"
    return page if page.is_file() else None


def _columns(model: Values, rivals: Mapping[str, Values]) -> tuple[str, ...]:
    """Return the metrics that the baselines have, too; without baselines, all but the ends of intervals."""
    shared = {metric for values in rivals.values() for metric in values}
    own = [metric for metric in model if not metric.endswith(("_low", "_high"))]
    return tuple([metric for metric in own if metric in shared] or own)


def _best_first(rivals: Mapping[str, Values], report: Mapping[str, object]) -> list[str]:
    """Return the rivals in the order of the leaderboard, as far as there is one."""
    board = report.get("leaderboard")
    names = [row.get("name") for row in board if isinstance(row, dict)] if isinstance(board, list) else []
    return sorted(rivals, key=lambda name: names.index(name) if name in names else len(names))


def _interval(values: Values, metric: str) -> str:
    low, high = values.get(f"{metric}_low"), values.get(f"{metric}_high")
    return "" if low is None or high is None else f"{low:.4g} to {high:.4g}"


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
