"""The leaderboard that ``evaluate`` wrote, as a table for the terminal and for the Prefect UI."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHOWN = ("accuracy", "macro_f1", "mse", "mae")
"""Metrics worth a column, the one that decides first; the report has all of them."""

THIS = "▸ "


@dataclass(frozen=True)
class Scores:
    """One row per model, the best first; the judged model is marked."""

    verdict: str
    """What ``evaluate`` says in one sentence."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the verdict and the table as markdown."""
        return f"**{self.verdict}**\n\n{as_markdown(self.header, self.rows)}"


def as_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as markdown, its first column to the left, the others to the right."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines) + "\n"


def read_scores(project: Path) -> Scores | None:
    """Return what ``data/evaluate`` holds, or None where nothing has been evaluated yet."""
    path = project / "data" / "evaluate" / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        lines = report["leaderboard"]
        metrics = [name for name in SHOWN if any(name in line["scores"] for line in lines)]
        rows = [_row(line, metrics) for line in lines]
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    header = ["", *[title for name in metrics for title in _titles(name, metrics)], "behind by"]
    return Scores(str(report["summary"]), header, rows)


def report_page(project: Path) -> Path | None:
    """Return the page that ``evaluate`` made, if it is there."""
    page = project / "data" / "evaluate" / "report.html"
    return page if page.is_file() else None


def _titles(name: str, metrics: Sequence[str]) -> list[str]:
    return [name, "interval"] if name == metrics[0] else [name]


def _row(line: Mapping[str, Any], metrics: Sequence[str]) -> list[str]:
    cells = [f"{THIS if line['role'] == 'model' else '  '}{line['name']}"]
    for name in metrics:
        cells.append(_number(line["scores"].get(name)))
        if name == metrics[0]:
            cells.append(_interval(line["intervals"].get(name)))
    bounds = _interval(line["margin_interval"])
    return [*cells, f"{_number(line['margin'])}  ({bounds})" if bounds else _number(line["margin"])]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.3g} to {bounds[1]:.3g}"
