"""Metrics as plain functions of sums over samples, so that a resample is scored like the whole.

Each function takes sums with any number of leading axes (none for the whole test split, one for a
thousand resamples) and answers with those axes. What is undefined is NaN here and is left out of
every result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from pipeline.evaluation.samples import Floats, Ints, Sums

TINY = 1e-15
"""Smallest probability that the log loss sees; 0 for the true class would make it infinite."""


@dataclass(frozen=True)
class ClassSums:
    """Counts per class, each of shape ``(..., class)``, and the summed log loss ``(...)``."""

    targets: Sums
    predictions: Sums
    hits: Sums
    loss: Sums

    @classmethod
    def split(cls, columns: Sums) -> Self:
        """Return the sums in ``(..., 3 · class + 1)`` by name."""
        k = columns.shape[-1] // 3
        return cls(columns[..., :k], columns[..., k : 2 * k], columns[..., 2 * k : 3 * k], columns[..., -1])


@dataclass(frozen=True)
class LabelSums:
    """Counts per label, each of shape ``(..., label)``, samples right in all labels ``(...)``, and all samples."""

    targets: Sums
    predictions: Sums
    hits: Sums
    exact: Sums
    count: Sums

    @classmethod
    def split(cls, columns: Sums) -> Self:
        """Return the sums in ``(..., 3 · label + 2)`` by name."""
        k = columns.shape[-1] // 3
        targets, predictions, hits = (columns[..., part * k : (part + 1) * k] for part in range(3))
        return cls(targets, predictions, hits, columns[..., -2], columns[..., -1])


@dataclass(frozen=True)
class ErrorSums:
    """Sums per channel of errors and of centred targets, ``(..., channel)``, and the values per channel."""

    squared: Sums
    absolute: Sums
    targets: Sums
    squares: Sums
    count: Sums

    @classmethod
    def split(cls, columns: Sums) -> Self:
        """Return the sums in ``(..., 4 · channel + 1)`` by name; the last one counts values per channel."""
        c = columns.shape[-1] // 4
        squared, absolute, targets, squares = (columns[..., part * c : (part + 1) * c] for part in range(4))
        return cls(squared, absolute, targets, squares, columns[..., -1:])


def accuracy(sums: ClassSums) -> Sums:
    """Return the share of samples whose class was predicted."""
    return _ratio(sums.hits.sum(-1), sums.targets.sum(-1))


def balanced_accuracy(sums: ClassSums) -> Sums:
    """Return the mean recall of the classes that occur: chance is one over their number."""
    return _mean(_ratio(sums.hits, sums.targets))


def macro_f1(sums: ClassSums | LabelSums) -> Sums:
    """Return the mean F1 of the classes or labels that occur or were predicted."""
    return _mean(_ratio(2.0 * sums.hits, sums.targets + sums.predictions))


def log_loss(sums: ClassSums) -> Sums:
    """Return the mean negative log probability of the true class."""
    return _ratio(sums.loss, sums.targets.sum(-1))


def micro_f1(sums: LabelSums) -> Sums:
    """Return the F1 over all labels of all samples together, so that frequent labels count most."""
    return _ratio(2.0 * sums.hits.sum(-1), (sums.targets + sums.predictions).sum(-1))


def subset_accuracy(sums: LabelSums) -> Sums:
    """Return the share of samples whose labels were all predicted, and no others."""
    return _ratio(sums.exact, sums.count)


def hamming_loss(sums: LabelSums) -> Sums:
    """Return the share of wrong cells among all labels of all samples."""
    wrong = (sums.targets + sums.predictions - 2.0 * sums.hits).sum(-1)
    return _ratio(wrong, sums.count * sums.targets.shape[-1])


def mse(sums: ErrorSums) -> Sums:
    """Return the mean squared error over channels, windows and steps."""
    return _mean(_ratio(sums.squared, sums.count))


def mae(sums: ErrorSums) -> Sums:
    """Return the mean absolute error over channels, windows and steps."""
    return _mean(_ratio(sums.absolute, sums.count))


def rmse(sums: ErrorSums) -> Sums:
    """Return the square root of :func:`mse`."""
    return np.asarray(np.sqrt(mse(sums)))


def r2(sums: ErrorSums) -> Sums:
    """Return the share of variance explained, averaged over the channels that vary."""
    variation = sums.squares - _ratio(sums.targets**2, sums.count)
    alive = variation > 1e-9 * np.maximum(sums.squares, 1e-300)
    return _mean(1.0 - _ratio(sums.squared, np.where(alive, variation, 0.0)))


def auc(is_positive: Ints, score: Floats) -> float | None:
    """Return the chance that a positive sample scores above a negative one; ties count half.

    Args:
        is_positive: 1 where the sample is of the second class, shape ``(sample,)``.
        score: Its probability of the second class, shape ``(sample,)``.

    Returns:
        None if only one class occurs.

    Source:
        Mann & Whitney (1947): the sum of the positives' ranks, ties sharing their mean rank.
    """
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    if not positives or not negatives:
        return None
    _, which, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2.0)[which]
    above = rank[is_positive == 1].sum() - positives * (positives + 1) / 2.0
    return float(above / (positives * negatives))


@dataclass(frozen=True)
class Metric:
    """A metric, which way is better, and its name for a person."""

    better: Literal["min", "max"]
    score: Callable[[Any], Sums]
    title: str
    least: float = 0.0
    most: float = np.inf

    def clipped(self, bounds: tuple[float, float]) -> tuple[float, float]:
        """Return bounds within what the metric can be."""
        return max(bounds[0], self.least), min(bounds[1], self.most)

    @property
    def inline(self) -> str:
        """Return the name as it stands inside a sentence."""
        return self.title if self.title.isupper() else self.title[0].lower() + self.title[1:]


CLASSIFY_METRICS = {
    "accuracy": Metric("max", accuracy, "Accuracy", most=1.0),
    "balanced_accuracy": Metric("max", balanced_accuracy, "Balanced accuracy", most=1.0),
    "macro_f1": Metric("max", macro_f1, "Macro F1", most=1.0),
    "log_loss": Metric("min", log_loss, "Log loss"),
}
FORECAST_METRICS = {
    "mse": Metric("min", mse, "MSE"),
    "mae": Metric("min", mae, "MAE"),
    "rmse": Metric("min", rmse, "RMSE"),
    "r2": Metric("max", r2, "R²", least=-np.inf, most=1.0),
}
MULTILABEL_METRICS = {
    "macro_f1": CLASSIFY_METRICS["macro_f1"],
    "micro_f1": Metric("max", micro_f1, "Micro F1", most=1.0),
    "subset_accuracy": Metric("max", subset_accuracy, "Subset accuracy", most=1.0),
    "hamming_loss": Metric("min", hamming_loss, "Hamming loss", most=1.0),
}
REGRESS_METRICS = FORECAST_METRICS
"""A number is judged as a forecast of one step."""

METRICS = {**CLASSIFY_METRICS, **MULTILABEL_METRICS, **FORECAST_METRICS}
"""Every metric that has an interval; the first of each head decides the verdict."""

EXTRA_TITLES = {
    "auc": "AUC",
    "pinball": "Pinball loss",
    "coverage": "Coverage of the band",
    "width": "Width of the band",
    "mae_original": "MAE in the source's units",
    "rmse_original": "RMSE in the source's units",
    "mae_scaled": "MAE in deviations",
    "rmse_scaled": "RMSE in deviations",
}
"""Scores that have no interval of their own."""


def _ratio(above: Sums, below: Sums) -> Sums:
    """Return the quotient, NaN where nothing was counted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _mean(values: Sums) -> Sums:
    """Return the mean over the last axis of what is defined, NaN where nothing is."""
    defined = np.isfinite(values)
    return _ratio(np.where(defined, values, 0.0).sum(-1), np.asarray(defined.sum(-1), np.float64))
