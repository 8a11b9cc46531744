"""What the report shows of a regression."""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.charts import Line, LineChart, line_chart
from pipeline.evaluation.forecast import ForecastTruth
from pipeline.evaluation.judged import ForecastDetails, Judged
from pipeline.evaluation.numbers import worst
from pipeline.evaluation.samples import Floats
from pipeline.evaluation.texts import shown_origins, shown_texts
from pipeline.evaluation.wording import moment, number, short

PARTS = 10
"""Parts of equal size, from the lowest to the highest prediction."""

LEAST = 5
"""Samples of a part; a mean of fewer says little."""


@dataclass(frozen=True)
class UnitRow:
    """One model's errors in both units, in words."""

    name: str
    role: str
    scores: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """One sample that was far off."""

    sample: int
    text: str | None
    """The beginning of what it says, where it is a text."""

    origin: str | None
    """The file, or the line, that it comes from, where that is known."""

    group: str
    time: str
    actual: str
    predicted: str
    error: str


@dataclass(frozen=True)
class NumberSection:
    """The part of the page about a number."""

    name: str
    scatter: LineChart
    shown: int
    bias: LineChart
    units: tuple[UnitRow, ...]
    unit_titles: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    has_groups: bool
    has_times: bool


def number_section(judged: Judged, details: ForecastDetails) -> NumberSection:
    """Return the numbers of the section."""
    truth, samples = details.truth, details.truth.samples
    titles, units = _units(judged, details)
    scatter, shown = _scatter(truth, details.answer)
    return NumberSection(
        name=truth.channels[0],
        scatter=scatter,
        shown=shown,
        bias=_bias(judged, details),
        units=units,
        unit_titles=titles,
        mistakes=_mistakes(judged, details),
        has_groups=samples.group.null_count() < len(samples),
        has_times=samples.time.null_count() < len(samples),
    )


def _scatter(truth: ForecastTruth, answer: Floats, most: int = 500) -> tuple[LineChart, int]:
    """Return what was predicted beside what was true, and how many samples are shown: every so many of them."""
    every = -(-len(truth.samples) // most)
    actual, predicted = (values[::every, 0, 0].astype(float).tolist() for values in (truth.target, answer))
    edges = [min(*actual, *predicted), max(*actual, *predicted)]
    name = short(truth.channels[0], 30)
    lines = [
        Line("right", "guide", edges, edges),
        Line("test samples", "cloud", actual, predicted, is_cloud=True),
    ]
    return line_chart(lines, titles=(f"true {name}", f"predicted {name}"), size=(520, 380)), len(actual)


def _bias(judged: Judged, details: ForecastDetails) -> LineChart:
    """Return the mean truth by the mean prediction, over parts of the samples: off the diagonal is off on average."""
    lines = [("model", judged.model, details.answer)]
    if details.rival is not None and judged.verdict.rival:
        lines.insert(0, ("rival", judged.verdict.rival, details.rival))
    drawn = []
    for look, name, answer in lines:
        order = np.argsort(answer[:, 0, 0], kind="stable")
        parts = np.array_split(order, max(min(PARTS, len(order) // LEAST), 1))
        told = [float(answer[part].mean(dtype=np.float64)) for part in parts]
        true = [float(details.truth.target[part].mean(dtype=np.float64)) for part in parts]
        drawn.append(Line(name, look, told, true))
    edges = [min(min(*line.x, *line.y) for line in drawn), max(max(*line.x, *line.y) for line in drawn)]
    titles = ("predicted, mean of a part", "true, mean of a part")
    return line_chart([Line("right", "guide", edges, edges), *drawn], titles=titles, size=(520, 380))


def _units(judged: Judged, details: ForecastDetails) -> tuple[tuple[str, ...], tuple[UnitRow, ...]]:
    """Return the errors of every model in the units of the source and in deviations, as far as these are known."""
    here, there = ("scaled", "original") if details.is_scaled else ("original", "scaled")
    words = {"scaled": "in deviations", "original": "in the source's units"}
    names = [
        "mae",
        "rmse",
        *[name for name in (f"mae_{there}", f"rmse_{there}") if name in judged.lines[0].scores],
    ]
    titles = tuple(f"{name.split('_')[0].upper()} {words[there if '_' in name else here]}" for name in names)
    rows = tuple(
        UnitRow(line.name, line.role, tuple(number(line.scores[name]) for name in names))
        for line in judged.lines
    )
    return titles, rows


def _mistakes(judged: Judged, details: ForecastDetails) -> tuple[Mistake, ...]:
    truth, answer = details.truth, details.answer
    rows = worst(truth, answer, judged.examples)
    keys = truth.samples.keys[rows.tolist()]
    texts = shown_texts(judged.texts, keys["sample_id"])
    origins = shown_origins(judged.origins, keys["sample_id"])
    return tuple(
        Mistake(
            sample=sample,
            text=texts.get(sample),
            origin=origins.get(sample),
            group=group or "",
            time=moment(time),
            actual=number(float(truth.target[row, 0, 0])),
            predicted=number(float(answer[row, 0, 0])),
            error=number(float(answer[row, 0, 0]) - float(truth.target[row, 0, 0])),
        )
        for row, (sample, group, time) in zip(rows.tolist(), keys.rows(), strict=True)
    )
