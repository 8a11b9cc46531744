"""Answers of several labels as arrays: which were true, which each model said, and the sums that metrics need."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.bootstrap import Plan
from pipeline.evaluation.metrics import TINY, auc
from pipeline.evaluation.samples import Floats, Ints, Samples, Sums, finite, nonempty, same_rows
from pipeline.evaluation.wording import listed, short
from pipeline.foundation.errors import DataError

Flags = NDArray[np.bool_]
ORDER = ("sample_id", "label")


@dataclass(frozen=True)
class LabelTruth:
    """The test samples, the labels, and which of them each sample has."""

    samples: Samples
    order: pl.DataFrame
    """``sample_id`` and ``label`` of each row: what every other table has to repeat."""

    labels: tuple[str, ...]
    target: Flags
    """Shape ``(sample, label)``."""


@dataclass(frozen=True)
class LabelAnswer:
    """What one model said, both ``(sample, label)``."""

    prediction: Flags
    probability: Floats


def label_truth(frame: pl.DataFrame, model: str) -> LabelTruth:
    """Return what a prediction table says about the samples themselves.

    Raises:
        DataError: The table is empty, not in the order of docs/formats.md, or no sample has a label.
    """
    nonempty(frame, (*ORDER, "group", "time", "target", "prediction", "probability"), model)
    labels = tuple(frame["label"].unique(maintain_order=True).to_list())
    samples, rest = divmod(len(frame), len(labels))
    ids = frame["sample_id"].to_numpy()[: samples * len(labels)].reshape(samples, -1)
    if rest or frame["label"].to_list() != list(labels) * samples or (ids != ids[:, :1]).any():
        raise DataError(
            f"the predictions of {model} are not ordered by sample and label with the same {len(labels)} labels for "
            f"each sample; run `convoy run` to make them anew"
        )
    target = frame["target"].to_numpy().reshape(samples, -1)
    if not target.any():
        raise DataError(
            f"none of the {samples:,} test samples has any of the {len(labels)} labels, so there is nothing to score; "
            f"give preprocessing.split.test a larger share, or look at sources.target"
        )
    keys = frame.select("sample_id", "group", "time").gather_every(len(labels))
    return LabelTruth(Samples(keys), frame.select(ORDER), labels, target)


def label_answer(frame: pl.DataFrame, truth: LabelTruth, model: str) -> LabelAnswer:
    """Return a model's answers to the samples of ``truth``.

    Raises:
        DataError: It answered other samples, or with NaN.
    """
    nonempty(frame, (*ORDER, "prediction", "probability"), model)
    same_rows(frame, truth.order, model)
    probability = frame["probability"].to_numpy().astype(np.float32, copy=False)
    finite(probability, model, "probabilities")
    shape = truth.target.shape
    return LabelAnswer(frame["prediction"].to_numpy().reshape(shape), probability.reshape(shape))


def label_sums(truth: LabelTruth, answer: LabelAnswer, plan: Plan | None) -> Sums:
    """Return per bin the columns that :class:`LabelSums` names, ``(bin, 3 · label + 2)``."""
    count, labels = truth.target.shape
    bins = np.zeros(count, np.int64) if plan is None else plan.bins
    exact = (truth.target == answer.prediction).all(axis=1)
    parts = [truth.target, answer.prediction, truth.target & answer.prediction]
    rows = np.concatenate([*parts, exact[:, None], np.ones((count, 1), bool)], axis=1)
    sums = np.zeros((1 if plan is None else plan.count, 3 * labels + 2))
    np.add.at(sums, bins, rows)
    return sums


def label_auc(truth: LabelTruth, answer: LabelAnswer) -> list[float | None]:
    """Return per label the area under its ROC curve, None where all test samples agree."""
    return [
        auc(truth.target[:, label].astype(np.int64), answer.probability[:, label])
        for label in range(len(truth.labels))
    ]


def mean_auc(truth: LabelTruth, answer: LabelAnswer) -> dict[str, float]:
    """Return the mean area under the ROC curves of the labels that have one: no threshold moves it."""
    areas = [area for area in label_auc(truth, answer) if area is not None]
    return {"auc": float(np.mean(areas))} if areas else {}


def only_labels(truth: LabelTruth, answer: LabelAnswer) -> str | None:
    """Return in words the labels that are predicted for every sample although samples differ; None if all is well."""
    if not (truth.target != truth.target[:1]).any() or (answer.prediction != answer.prediction[:1]).any():
        return None
    names = [repr(short(truth.labels[label])) for label in np.flatnonzero(answer.prediction[0])]
    return f"the same label{'s' if len(names) > 1 else ''}, {listed(names)}," if names else "no label at all"


def absent_labels(truth: LabelTruth) -> list[str]:
    """Return the labels that no test sample has; no score says how well they are told."""
    counts = truth.target.sum(axis=0)
    return [name for name, count in zip(truth.labels, counts, strict=True) if not count]


def taken_for(truth: LabelTruth, answer: LabelAnswer) -> NDArray[np.int64]:
    """Return how often a label that was missed (row) stands beside one that was wrongly added (column)."""
    missed: NDArray[np.int64] = (truth.target & ~answer.prediction).astype(np.int64)
    added = (~truth.target & answer.prediction).astype(np.int64)
    counts: NDArray[np.int64] = missed.T @ added
    return counts


def farthest(truth: LabelTruth, answer: LabelAnswer, count: int) -> Ints:
    """Return the positions of the samples with the most wrong labels, the surest mistakes first."""
    wrong = (truth.target != answer.prediction).sum(axis=1)
    hit = np.where(truth.target, answer.probability, 1.0 - answer.probability).astype(np.float64)
    loss = -np.log(np.maximum(hit, TINY)).sum(axis=1)
    order = np.lexsort((-loss, -wrong))[:count]
    found: Ints = order[wrong[order] > 0]
    return found
