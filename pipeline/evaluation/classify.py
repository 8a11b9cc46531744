"""Classifications as arrays: what was true, what each model said, and the sums that metrics need."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.bootstrap import Plan
from pipeline.evaluation.metrics import TINY, auc
from pipeline.evaluation.samples import Floats, Ints, Samples, Sums, finite, nonempty, same_rows
from pipeline.evaluation.wording import short
from pipeline.foundation.errors import DataError

KEYS = ("sample_id", "group", "time")
PROBABILITY = "probability_"


@dataclass(frozen=True)
class ClassTruth:
    """The test samples, the classes, and the true class of each sample as its index."""

    samples: Samples
    classes: tuple[str, ...]
    target: Ints


@dataclass(frozen=True)
class ClassAnswer:
    """What one model said: a class index ``(sample,)``, and probabilities ``(sample, class)``."""

    prediction: Ints
    probability: Floats


def class_truth(frame: pl.DataFrame, model: str) -> ClassTruth:
    """Return what a prediction table says about the samples themselves.

    Raises:
        DataError: The table is empty, or holds a class that has no probability column.
    """
    nonempty(frame, (*KEYS, "target", "prediction"), model)
    classes = tuple(name.removeprefix(PROBABILITY) for name in frame.columns if name.startswith(PROBABILITY))
    return ClassTruth(Samples(frame.select(KEYS)), classes, _indices(frame["target"], classes, model))


def class_answer(frame: pl.DataFrame, truth: ClassTruth, model: str) -> ClassAnswer:
    """Return a model's answers to the samples of ``truth``.

    Raises:
        DataError: It answered other samples, or with NaN.
    """
    nonempty(frame, (*KEYS, "prediction", *(PROBABILITY + name for name in truth.classes)), model)
    same_rows(frame, truth.samples.keys.select("sample_id"), model)
    columns = [PROBABILITY + name for name in truth.classes]
    probability = frame.select(columns).to_numpy().astype(np.float32, copy=False)
    finite(probability, model, "probabilities")
    return ClassAnswer(_indices(frame["prediction"], truth.classes, model), probability)


def class_sums(truth: ClassTruth, answer: ClassAnswer, plan: Plan | None) -> Sums:
    """Return per bin the columns that :class:`ClassSums` names, ``(bin, 3 · class + 1)``."""
    k, count = len(truth.classes), 1 if plan is None else plan.count
    bins = np.zeros(len(truth.target), np.int64) if plan is None else plan.bins
    right = truth.target == answer.prediction
    hit = answer.probability[np.arange(len(truth.target)), truth.target].astype(np.float64)
    parts = [
        _counts(bins, truth.target, (count, k)),
        _counts(bins, answer.prediction, (count, k)),
        _counts(bins[right], truth.target[right], (count, k)),
        np.bincount(bins, -np.log(np.maximum(hit, TINY)), count)[:, None],
    ]
    return np.concatenate(parts, axis=1)


def _counts(bins: Ints, classes: Ints, shape: tuple[int, int]) -> Sums:
    return np.bincount(bins * shape[1] + classes, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def confusion(truth: ClassTruth, answer: ClassAnswer) -> NDArray[np.int64]:
    """Return how often each true class (row) was taken for each class (column)."""
    k = len(truth.classes)
    counts = np.bincount(truth.target * k + answer.prediction, minlength=k * k)
    return counts.reshape(k, k).astype(np.int64)


def reliability(
    truth: ClassTruth, answer: ClassAnswer, *, bins: int = 10, least: int = 10
) -> list[tuple[float, float, int]]:
    """Return per bin of confidence: mean confidence, share that was right, number of samples.

    A bin with fewer than ``least`` samples is joined with the next: one sample is right or wrong,
    which says nothing about a probability.
    """
    confidence = answer.probability[np.arange(len(answer.prediction)), answer.prediction].astype(np.float64)
    return agreement(confidence, truth.target == answer.prediction, bins=bins, least=least)


def agreement(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = 10, least: int = 10
) -> list[tuple[float, float, int]]:
    """Return per bin of a probability: its mean, the share that came true, and how many; see :func:`reliability`."""
    counts = np.bincount(np.minimum((confidence * bins).astype(np.int64), bins - 1), minlength=bins)
    ends = [int(end) for end in np.cumsum(counts)]
    cuts = [0]
    for end in ends[:-1]:
        if end - cuts[-1] >= least and ends[-1] - end >= least:
            cuts.append(end)
    order = np.argsort(confidence, kind="stable")
    parts = [order[first:last] for first, last in pairwise([*cuts, ends[-1]])]
    return [(float(confidence[part].mean()), float(right[part].mean()), len(part)) for part in parts]


def surest_mistakes(truth: ClassTruth, answer: ClassAnswer, count: int) -> Ints:
    """Return the positions of the wrong answers given with the highest probability, worst first."""
    confidence = answer.probability[np.arange(len(answer.prediction)), answer.prediction]
    wrong = np.flatnonzero(truth.target != answer.prediction)
    order = np.lexsort((wrong, -confidence[wrong]))
    return wrong[order[:count]].astype(np.int64)


def only_class(truth: ClassTruth, answer: ClassAnswer) -> str | None:
    """Return in words the class that is predicted for every sample although several occur; None if all is well."""
    if len(np.unique(truth.target)) < 2 or len(np.unique(answer.prediction)) > 1:
        return None
    return f"one class only, {short(truth.classes[int(answer.prediction[0])])!r},"


def absent_classes(truth: ClassTruth) -> list[str]:
    """Return the classes that no test sample has; no score says how well they are told."""
    counts = np.bincount(truth.target, minlength=len(truth.classes))
    return [name for name, count in zip(truth.classes, counts, strict=True) if not count]


def extra_scores(truth: ClassTruth, answer: ClassAnswer) -> dict[str, float]:
    """Return the metrics that are no function of sums: the area under the ROC curve of two classes."""
    if len(truth.classes) != 2:
        return {}
    area = auc(truth.target, answer.probability[:, 1])
    return {} if area is None else {"auc": area}


def _indices(names: pl.Series, classes: tuple[str, ...], model: str) -> Ints:
    index = {name: position for position, name in enumerate(classes)}
    unknown = [name for name in names.unique(maintain_order=True).to_list() if name not in index]
    if unknown:
        raise DataError(
            f"the predictions of {model} hold the class {unknown[0]!r}, which has no column "
            f"{PROBABILITY}…; the {len(classes)} classes are {', '.join(classes[:8])}"
        )
    return names.replace_strict(index, return_dtype=pl.Int64).to_numpy().astype(np.int64)
