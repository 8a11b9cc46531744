"""The report: one HTML file that needs nothing else, with everything a judgement rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.evaluation.charts import Line, LineChart, line_chart
from pipeline.evaluation.judge import DECIDING, HEADS, Standing
from pipeline.evaluation.judged import ClassDetails, History, Judged, LabelDetails
from pipeline.evaluation.metrics import EXTRA_TITLES, METRICS
from pipeline.evaluation.report_audit import audit_section
from pipeline.evaluation.report_classes import class_section
from pipeline.evaluation.report_forecast import forecast_section
from pipeline.evaluation.report_labels import label_section
from pipeline.evaluation.report_numbers import number_section
from pipeline.evaluation.report_portfolio import portfolio_section
from pipeline.evaluation.verdict import STILL_IMPROVING
from pipeline.evaluation.wording import number, numbers, percent, plural, short, signed

TEMPLATES = Path(__file__).parent / "templates"
TONES = {
    "beats": "good",
    "within noise": "unsure",
    "no signal": "bad",
    "loses": "bad",
    "one class": "bad",
    "untested": "bad",
    "unrivalled": "unsure",
    "inflated": "bad",
}


@dataclass(frozen=True)
class Tile:
    """One number on top of the report."""

    title: str
    value: str
    note: str


@dataclass(frozen=True)
class Bar:
    """An interval on the common axis of the leaderboard, in percent of its width."""

    low: float
    high: float
    at: float
    beyond: str
    """``left`` or ``right`` where the score lies off the axis."""


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard, in words."""

    name: str
    about: str
    role: str
    score: str
    interval: str
    bar: Bar
    others: tuple[str, ...]
    margin: str
    margin_interval: str
    sure: bool
    """Whether the margin's interval excludes 0."""

    parameters: str


@dataclass(frozen=True)
class Loss:
    """The curves of one training."""

    name: str
    chart: LineChart
    note: str


def report_html(judged: Judged) -> str:
    """Return the page; all text in it that comes from data is escaped by the template."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters["short"] = short
    metrics = HEADS[judged.head][0]
    deciding = DECIDING[judged.head]
    return engine.get_template("report.html").render(
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704  our own file
        judged=judged,
        tone=TONES[judged.verdict.outcome],
        subtitle=_subtitle(judged),
        tiles=_tiles(judged),
        deciding=METRICS[deciding],
        other_titles=[metric.title for name, metric in metrics.items() if name != deciding],
        rows=_rows(judged.lines, deciding, [name for name in metrics if name != deciding]),
        losses=[_loss(history) for history in judged.histories],
        **_sections(judged),
        portfolio=portfolio_section(judged),
        audit=audit_section(judged.findings),
        confidence=percent(judged.confidence),
        noun="windows" if judged.head == "forecast" else "samples",
    )


def _sections(judged: Judged) -> dict[str, object]:
    """Return the section of each head, None for all but the one that was judged."""
    sections: dict[str, object] = dict.fromkeys(("classes", "labels", "numbers", "forecast"))
    details = judged.details
    if isinstance(details, ClassDetails):
        sections["classes"] = class_section(judged, details)
    elif isinstance(details, LabelDetails):
        sections["labels"] = label_section(judged, details)
    elif judged.head == "regress":
        sections["numbers"] = number_section(judged, details)
    else:
        sections["forecast"] = forecast_section(judged, details)
    return sections


def _subtitle(judged: Judged) -> str:
    details = judged.details
    count = plural(len(details.truth.samples), "test window" if judged.head == "forecast" else "test sample")
    if isinstance(details, ClassDetails):
        what = f"Classification into {len(details.truth.classes):,} classes"
    elif isinstance(details, LabelDetails):
        what = f"Any of {plural(len(details.truth.labels), 'label')} for each sample"
    elif judged.head == "regress":
        what = f"Regression of {short(details.truth.channels[0], 40)}"
    else:
        channels, steps = details.truth.target.shape[1:]
        what = f"Forecast of {plural(channels, 'channel')}, {plural(steps, 'step')} ahead"
    return " · ".join(part for part in (what, count, judged.division.short) if part)


def _tiles(judged: Judged) -> list[Tile]:
    model = next(line for line in judged.lines if line.role == "model")
    tiles = []
    for name, value in model.scores.items():
        if name.startswith("mae_"):  # the section about the number tells it; one of the two is enough here
            continue
        title = METRICS[name].title if name in METRICS else EXTRA_TITLES[name]
        tiles.append(Tile(title, number(value), _between(model.intervals.get(name))))
    best = next((line for line in judged.lines if line.role != "model"), None)
    if best is not None and best.margin is not None:
        margin, bounds = _margin(best)
        tiles.insert(1, Tile(f"Ahead of {short(best.name, 20)}", margin, bounds))
    if model.parameters is not None:
        tiles.append(Tile("Parameters", f"{model.parameters:,}", ""))
    return tiles


def _between(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else " to ".join(numbers(*bounds))


def _margin(line: Standing) -> tuple[str, str]:
    """Return how far ahead of ``line`` the model is, and the interval, in equal decimals."""
    if line.margin is None:
        return "", ""
    value, *bounds = numbers(line.margin, *(line.margin_interval or ()))
    return signed(value), " to ".join(bounds)


def _rows(lines: Sequence[Standing], deciding: str, others: Sequence[str]) -> list[Row]:
    low, high = _axis(lines, deciding)
    return [
        Row(
            name=line.name,
            about=line.about,
            role=line.role,
            score=number(line.scores[deciding]),
            interval=_between(line.intervals.get(deciding)),
            bar=_bar(line, deciding, low, high),
            others=tuple(number(line.scores[name]) if name in line.scores else "–" for name in others),
            margin=_margin(line)[0],
            margin_interval=_margin(line)[1],
            sure=line.margin_interval is not None
            and (line.margin_interval[0] > 0 or line.margin_interval[1] < 0),
            parameters="–" if line.parameters is None else f"{line.parameters:,}",
        )
        for line in lines
    ]


def _axis(lines: Sequence[Standing], deciding: str) -> tuple[float, float]:
    """Return the span of the leaderboard's axis: wide enough for the model and its best rival.

    A floor far behind would otherwise press all others into one point; it is shown at the edge.
    """
    bounds = {line.name: line.intervals.get(deciding, (line.scores[deciding],) * 2) for line in lines}
    model = next(line for line in lines if line.role == "model")
    near = [model, *[line for line in lines if line.role != "model"][:1]]
    inner = min(bounds[line.name][0] for line in near), max(bounds[line.name][1] for line in near)
    room = 0.6 * (inner[1] - inner[0]) or abs(inner[0]) * 0.1 or 1.0
    low = max(min(low for low, _ in bounds.values()), inner[0] - room)
    high = min(max(high for _, high in bounds.values()), inner[1] + room)
    pad = 0.04 * (high - low) or 0.5
    return low - pad, high + pad


def _bar(line: Standing, deciding: str, low: float, high: float) -> Bar:
    def place(value: float) -> float:
        return round(100.0 * min(max((value - low) / (high - low), 0.0), 1.0), 2)

    score = line.scores[deciding]
    bounds = line.intervals.get(deciding, (score, score))
    beyond = "left" if score < low else "right" if score > high else ""
    return Bar(place(bounds[0]), place(bounds[1]), place(score), beyond)


def _loss(history: History) -> Loss:
    curves = [("train", "other-0", history.train), ("val", "model", history.val)]
    lines = []
    for name, look, values in curves:
        known = np.isfinite(values)
        if known.any():
            lines.append(Line(name, look, history.epoch[known].tolist(), values[known].tolist()))
    if not lines:
        lines = [Line("train", "other-0", [0.0], [0.0])]
    best = None
    if np.isfinite(history.val).any():
        best = float(history.epoch[int(np.nanargmin(history.val))])
    chart = line_chart(lines, titles=("epoch", "loss"), rule=best)
    note = "" if best is None else f"val was best in epoch {best:g}"
    if history.is_improving:
        note = f"{note}; {STILL_IMPROVING}"
    return Loss(history.name, chart, note)
