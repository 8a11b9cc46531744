"""Drift over time as one HTML file that needs nothing else: ``reports/drift.html`` of the project."""

from collections.abc import Sequence
from pathlib import Path

from flows.watching.history import Entry, entries
from pipeline.evaluation.report import TEMPLATES
from pipeline.foundation.files import write_atomically

PAGE = Path("reports") / "drift.html"
SHOWN = 60
"""Comparisons in the plot, the last ones."""

WIDTH, HEIGHT = 720.0, 150.0


def write_page(project: Path) -> Path:
    """Write the page anew from the history, and return where it is."""
    path = project / PAGE
    write_atomically(page_html(project.resolve().name, entries(project)), path)
    return path


def page_html(name: str, known: Sequence[Entry]) -> str:
    """Return the page; all text in it that comes from data is escaped by the template."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    engine = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = list(known[-SHOWN:])
    return engine.get_template("drift.html").render(
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704  our own file
        project=name,
        latest=known[-1] if known else None,
        count=len(known),
        width=WIDTH,
        height=HEIGHT,
        dots=_dots(shown, [entry.distance for entry in shown], 1.0),
        scores=_dots(shown, [entry.score for entry in shown], _most(shown)),
        bands=_bands(shown, _most(shown)),
        metric=next((entry.metric for entry in reversed(shown) if entry.metric), None),
        most=_most(shown),
        entries=list(reversed(shown)),
    )


def _most(shown: Sequence[Entry]) -> float:
    """Return where the axis of the scores ends."""
    values = [value for entry in shown for value in (entry.score, entry.high) if value is not None]
    return max([1.0 if all(value <= 1.0 for value in values) else 0.0, *values]) or 1.0


def _dots(shown: Sequence[Entry], values: Sequence[float | None], most: float) -> list[dict[str, object]]:
    return [
        {"x": _across(place, len(shown)), "y": _up(value / most), "entry": entry, "value": value}
        for place, (entry, value) in enumerate(zip(shown, values, strict=True))
        if value is not None
    ]


def _bands(shown: Sequence[Entry], most: float) -> list[dict[str, float]]:
    """Return the interval of the test split behind each score."""
    return [
        {"x": _across(place, len(shown)), "top": _up(entry.high / most), "bottom": _up(entry.low / most)}
        for place, entry in enumerate(shown)
        if entry.low is not None and entry.high is not None
    ]


def _across(place: int, count: int) -> float:
    return round(WIDTH * (place + 0.5) / max(count, 1), 1)


def _up(share: float) -> float:
    return round(HEIGHT * (1.0 - min(max(share, 0.0), 1.0)), 1)
