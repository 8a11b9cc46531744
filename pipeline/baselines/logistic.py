"""The linear rival of every classification: logistic regression on the flattened sample, its summary or its tokens."""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from pipeline.baselines.base import Baseline, Head, Inputs, LeftOutError, drawn
from pipeline.baselines.build_features import build_features
from pipeline.baselines.features import Rows, read_rows
from pipeline.baselines.labels import ITERATIONS, Labels, fit_labels
from pipeline.baselines.penalty import least_loss
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
"""Weights of the squared coefficients beside the mean loss, tried from strong to weak until val gets worse; in units
of the features."""


class Fitted(Protocol):
    """What answers rows."""

    @property
    def parameters(self) -> int:
        """Numbers that fitting chose."""

    def probabilities(self, rows: Rows) -> Floats:
        """Return ``(sample, class)`` or ``(sample, label)``."""


class Logistic(Baseline):
    """Multinomial, or one against the rest for each label; its penalty chosen on val as the networks' epoch is."""

    heads: ClassVar[tuple[Head, ...]] = ("classify", "multilabel")

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples, drawn with ``seed``.

        Raises:
            LeftOutError: The drawn samples are of one class, or alike in every label.
        """
        positions = drawn(len(train), self.max_rows, seed)
        targets = train.targets(positions)
        is_multilabel = train.meta.head == "multilabel"
        present = (
            np.flatnonzero((targets != targets[:1]).any(axis=0)) if is_multilabel else np.unique(targets)
        )
        if len(present) < (1 if is_multilabel else 2):
            raise LeftOutError("logistic regression needs two classes among its training samples")
        self.features = build_features(train)
        rows = self.features.fit(train, positions)
        chosen = drawn(len(val), self.max_rows, seed)
        judge = read_rows(self.features, val, chosen), val.targets(chosen)
        fit = _labels(rows, targets) if is_multilabel else _classes(rows, targets, len(train.meta.classes))
        loss = _label_loss if is_multilabel else _class_loss
        penalties = [penalty * self.features.unit for penalty in PENALTIES]
        self.model = least_loss(
            penalties,
            fit,
            lambda model: 0.0 if judge[0] is None else loss(model.probabilities(judge[0]), judge[1]),
        )
        self.parameters = self.model.parameters

    def predict(self, inputs: Inputs, lengths: Ints | None = None) -> Floats:
        """Return probabilities; a class that was not among the drawn samples gets 0."""
        return self.model.probabilities(self.features.rows(inputs, lengths))

    def answer(self, reader: SplitReader, positions: Ints) -> Floats:
        """Return what :meth:`predict` does, by the static columns, too."""
        return self.model.probabilities(self.features.read(reader, positions))


@dataclass(frozen=True)
class Classes:
    """A fitted multinomial model of some of the classes."""

    model: "LogisticRegression"
    present: Ints
    """The classes it knows."""

    classes: int
    penalty: float

    @property
    def parameters(self) -> int:
        """Numbers that fitting chose."""
        return int(self.model.coef_.size + self.model.intercept_.size)

    def probabilities(self, rows: Rows) -> Floats:
        """Return ``(sample, class)``."""
        found = np.zeros((rows.shape[0], self.classes), np.float32)
        if len(found):
            found[:, self.present] = self.model.predict_proba(rows)
        return found


def _classes(rows: Rows, targets: Floats | Ints, classes: int) -> Callable[[float], Fitted]:
    """Return what fits the model of a penalty; each fit starts where the last one ended."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=ITERATIONS, warm_start=True)
    known = targets.astype(np.int64)

    def fit(penalty: float) -> Classes:
        model.C = 1.0 / (penalty * len(known))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows, known)
        return Classes(copy.deepcopy(model), np.unique(known), classes, penalty)

    return fit


def _labels(rows: Rows, targets: Floats | Ints) -> Callable[[float], Fitted]:
    last: Labels | None = None

    def fit(penalty: float) -> Labels:
        nonlocal last
        last = fit_labels(rows, targets, penalty=penalty, start=last)
        return last

    return fit


def _class_loss(probabilities: Floats, targets: Floats | Ints) -> float:
    hit = probabilities[np.arange(len(targets)), targets.astype(np.int64)]
    return float(-np.log(np.maximum(hit, 1e-15)).mean())


def _label_loss(probabilities: Floats, targets: Floats | Ints) -> float:
    hit = np.where(targets > 0.5, probabilities, 1.0 - probabilities)
    return float(-np.log(np.maximum(hit, 1e-7)).mean())
