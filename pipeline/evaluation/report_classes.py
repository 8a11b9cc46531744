"""What the report shows of a classification."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.charts import HeatMap, Line, LineChart, heat_map, line_chart
from pipeline.evaluation.classify import confusion, reliability, surest_mistakes
from pipeline.evaluation.judged import ClassDetails, Judged
from pipeline.evaluation.texts import shown_origins, shown_texts
from pipeline.evaluation.wording import moment, number

MOST_CLASSES = 40
"""Beyond this a matrix is wallpaper; the most frequent mistakes are then told in words only."""

PAIRS = 8


@dataclass(frozen=True)
class ClassRow:
    """How one class fared; shares are None where nothing was counted."""

    name: str
    samples: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Pair:
    """Two classes that were taken for one another."""

    actual: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Mistake:
    """One sample that was wrong with confidence."""

    sample: int
    text: str | None
    """The beginning of what it says, where it is a text."""

    origin: str | None
    """The file, or the line, that it comes from, where that is known."""

    group: str
    time: str
    actual: str
    predicted: str
    probability: float
    probability_of_actual: float


@dataclass(frozen=True)
class ClassSection:
    """The part of the page about classes."""

    matrix: HeatMap | None
    rows: tuple[ClassRow, ...]
    pairs: tuple[Pair, ...]
    reliability: LineChart
    calibration_error: str
    mistakes: tuple[Mistake, ...]
    wrong: int
    has_groups: bool
    has_times: bool


def class_section(judged: Judged, details: ClassDetails) -> ClassSection:
    """Return the numbers of the section."""
    counts = confusion(details.truth, details.answer)
    names = details.truth.classes
    chart, error = _reliability(details)
    samples = details.truth.samples
    return ClassSection(
        matrix=heat_map(counts, names) if len(names) <= MOST_CLASSES else None,
        rows=tuple(_row(counts, index, name) for index, name in enumerate(names)),
        pairs=_pairs(counts, names),
        reliability=chart,
        calibration_error=error,
        mistakes=_mistakes(judged, details),
        wrong=int(counts.sum() - np.trace(counts)),
        has_groups=samples.group.null_count() < len(samples),
        has_times=samples.time.null_count() < len(samples),
    )


def _row(counts: NDArray[np.int64], index: int, name: str) -> ClassRow:
    hits, actual, predicted = counts[index, index], counts[index].sum(), counts[:, index].sum()
    return ClassRow(
        name=name,
        samples=int(actual),
        predicted=int(predicted),
        precision=_share(hits, predicted),
        recall=_share(hits, actual),
        f1=_share(2 * hits, actual + predicted),
    )


def _share(part: np.int64, whole: np.int64) -> float | None:
    return float(part / whole) if whole else None


def _pairs(counts: NDArray[np.int64], names: tuple[str, ...]) -> tuple[Pair, ...]:
    """Return the most frequent mistakes, most frequent first."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    found = [(int(cell) // len(names), int(cell) % len(names)) for cell in order if wrong.flat[cell]]
    totals = counts.sum(axis=1)
    return tuple(
        Pair(names[row], names[column], int(wrong[row, column]), float(wrong[row, column] / totals[row]))
        for row, column in found
    )


def _reliability(details: ClassDetails) -> tuple[LineChart, str]:
    return agreement_chart(reliability(details.truth, details.answer))


def agreement_chart(bins: list[tuple[float, float, int]]) -> tuple[LineChart, str]:
    """Return the chart of what came true by the probability given, and the mean gap between the two."""
    confidence, right, count = (list(part) for part in zip(*bins, strict=True))
    dots = [2.0 + 7.0 * float(np.sqrt(part / sum(count))) for part in count]
    lines = [
        Line("perfect", "guide", [0.0, 1.0], [0.0, 1.0]),
        Line("model", "model", confidence, right, dots),
    ]
    chart = line_chart(lines, titles=("probability given", "share right"), bounds=(0.0, 1.0))
    gaps = np.abs(np.asarray(confidence) - np.asarray(right)) * np.asarray(count)
    return chart, number(float(gaps.sum() / sum(count)))


def _mistakes(judged: Judged, details: ClassDetails) -> tuple[Mistake, ...]:
    truth, answer = details.truth, details.answer
    rows = surest_mistakes(truth, answer, judged.examples)
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
            actual=truth.classes[truth.target[row]],
            predicted=truth.classes[answer.prediction[row]],
            probability=float(answer.probability[row, answer.prediction[row]]),
            probability_of_actual=float(answer.probability[row, truth.target[row]]),
        )
        for row, (sample, group, time) in zip(rows.tolist(), keys.rows(), strict=True)
    )
