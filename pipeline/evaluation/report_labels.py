"""What the report shows of an answer of several labels."""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.charts import LineChart
from pipeline.evaluation.classify import agreement
from pipeline.evaluation.judged import Judged, LabelDetails
from pipeline.evaluation.labels import farthest, label_auc, taken_for
from pipeline.evaluation.report_classes import PAIRS, Pair, agreement_chart
from pipeline.evaluation.texts import shown_origins, shown_texts
from pipeline.evaluation.wording import moment


@dataclass(frozen=True)
class LabelRow:
    """How one label fared; shares are None where nothing was counted."""

    name: str
    samples: int
    predicted: int
    shares: tuple[float | None, ...]
    """Precision, recall, F1 and the area under the ROC curve."""


@dataclass(frozen=True)
class Mistake:
    """One sample with wrong labels."""

    sample: int
    text: str | None
    """The beginning of what it says, where it is a text."""

    origin: str | None
    """The file, or the line, that it comes from, where that is known."""

    group: str
    time: str
    right: tuple[str, ...]
    """Labels that it has and that were predicted."""

    missed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class LabelSection:
    """The part of the page about labels."""

    rows: tuple[LabelRow, ...]
    pairs: tuple[Pair, ...]
    reliability: LineChart
    calibration_error: str
    mistakes: tuple[Mistake, ...]
    exact: int
    per_sample: tuple[float, float]
    """Mean number of labels of a sample: true, predicted."""

    has_groups: bool
    has_times: bool


def label_section(judged: Judged, details: LabelDetails) -> LabelSection:
    """Return the numbers of the section."""
    truth, answer = details.truth, details.answer
    probability = answer.probability.astype(np.float64).ravel()
    chart, error = agreement_chart(agreement(probability, truth.target.ravel()))
    samples = truth.samples
    return LabelSection(
        rows=_rows(details),
        pairs=_pairs(details),
        reliability=chart,
        calibration_error=error,
        mistakes=_mistakes(judged, details),
        exact=int((truth.target == answer.prediction).all(axis=1).sum()),
        per_sample=(float(truth.target.sum(axis=1).mean()), float(answer.prediction.sum(axis=1).mean())),
        has_groups=samples.group.null_count() < len(samples),
        has_times=samples.time.null_count() < len(samples),
    )


def _rows(details: LabelDetails) -> tuple[LabelRow, ...]:
    """Return the labels, the most frequent first."""
    truth, answer = details.truth, details.answer
    actual, predicted = truth.target.sum(axis=0), answer.prediction.sum(axis=0)
    hits, areas = (truth.target & answer.prediction).sum(axis=0), label_auc(truth, answer)
    return tuple(
        LabelRow(
            name=truth.labels[label],
            samples=int(actual[label]),
            predicted=int(predicted[label]),
            shares=(
                _share(hits[label], predicted[label]),
                _share(hits[label], actual[label]),
                _share(2 * hits[label], actual[label] + predicted[label]),
                areas[label],
            ),
        )
        for label in np.argsort(-actual, kind="stable").tolist()
    )


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def _pairs(details: LabelDetails) -> tuple[Pair, ...]:
    """Return which label was most often said in place of which, most frequent first."""
    counts, names = taken_for(details.truth, details.answer), details.truth.labels
    missed = (details.truth.target & ~details.answer.prediction).sum(axis=0)
    order = np.argsort(-counts, axis=None, kind="stable")[:PAIRS]
    found = [(int(cell) // len(names), int(cell) % len(names)) for cell in order if counts.flat[cell]]
    return tuple(
        Pair(names[row], names[column], int(counts[row, column]), float(counts[row, column] / missed[row]))
        for row, column in found
    )


def _mistakes(judged: Judged, details: LabelDetails) -> tuple[Mistake, ...]:
    truth, answer = details.truth, details.answer
    rows = farthest(truth, answer, judged.examples)
    keys = truth.samples.keys[rows.tolist()]
    texts = shown_texts(judged.texts, keys["sample_id"])
    origins = shown_origins(judged.origins, keys["sample_id"])

    def names(which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[str, ...]:
        return tuple(truth.labels[label] for label in np.flatnonzero(which))

    return tuple(
        Mistake(
            sample=sample,
            text=texts.get(sample),
            origin=origins.get(sample),
            group=group or "",
            time=moment(time),
            right=names(truth.target[row] & answer.prediction[row]),
            missed=names(truth.target[row] & ~answer.prediction[row]),
            added=names(~truth.target[row] & answer.prediction[row]),
        )
        for row, (sample, group, time) in zip(rows.tolist(), keys.rows(), strict=True)
    )
