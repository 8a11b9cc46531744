"""The linear rival of every classification: logistic regression on the flattened sample."""

import copy
import warnings
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from pipeline.baselines.base import BATCH_CELLS, Baseline, LeftOutError
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

MOST_FEATURES = 4096
"""Longer samples are averaged down to this many numbers, so that time and memory stay bounded."""

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)
"""Weights of the squared coefficients beside the mean loss, tried from strong to weak until val gets worse."""

ITERATIONS = 100
"""Steps of the optimiser per penalty; each starts where the last one ended."""


class Logistic(Baseline):
    """Multinomial logistic regression, its penalty chosen on val as the networks' epoch is."""

    head: ClassVar[Literal["classify", "forecast"]] = "classify"

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, val: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples, drawn with ``seed``.

        Raises:
            LeftOutError: The drawn samples are of one class.
        """
        positions = _drawn(len(train), self.max_rows, seed)
        targets = train.targets(positions).astype(np.int64)
        self.classes = len(train.meta.classes)
        self.present = np.unique(targets)
        if len(self.present) < 2:
            raise LeftOutError("logistic regression needs two classes among its training samples")
        rows = _read(train, positions)
        self.offset, self.scale = rows.mean(axis=0), _deviation(rows)
        chosen = _drawn(len(val), self.max_rows, seed)
        judge = (_read(val, chosen), val.targets(chosen).astype(np.int64))
        self.model = self._least_penalised((rows - self.offset) / self.scale, targets, judge)
        self.parameters = int(self.model.coef_.size + self.model.intercept_.size)

    def predict(self, inputs: Floats) -> Floats:
        """Return probabilities; a class that was not among the drawn samples gets 0."""
        return self._probabilities(self.model, _flat(inputs))

    def _least_penalised(
        self, rows: Floats, targets: Ints, judge: tuple[Floats, Ints]
    ) -> "LogisticRegression":
        """Return the model of the penalty with the smallest log loss on ``judge``."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        model, best, least = LogisticRegression(max_iter=ITERATIONS, warm_start=True), None, np.inf
        for penalty in PENALTIES:
            model.C = 1.0 / (penalty * len(rows))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(rows, targets)
            loss = _log_loss(self._probabilities(model, judge[0]), judge[1])
            if best is not None and loss >= least:
                break
            best, least = copy.deepcopy(model), loss
        return best

    def _probabilities(self, model: "LogisticRegression", rows: Floats) -> Floats:
        probabilities = np.zeros((len(rows), self.classes), np.float32)
        if len(rows):
            probabilities[:, self.present] = model.predict_proba((rows - self.offset) / self.scale)
        return probabilities


def _log_loss(probabilities: Floats, targets: Ints) -> float:
    if not len(targets):
        return 0.0
    hit = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(hit, 1e-15)).mean())


def _drawn(count: int, most: int, seed: int) -> Ints:
    if count <= most:
        return np.arange(count, dtype=np.int64)
    chosen = np.random.default_rng(seed).choice(count, size=most, replace=False)
    return np.sort(chosen).astype(np.int64)


def _read(reader: SplitReader, positions: Ints) -> Floats:
    """Return the flattened samples, gathered in batches: only the flat ones are held together."""
    cells = reader.meta.window * int(np.prod(reader.meta.frame))
    size = max(BATCH_CELLS // max(cells, 1), 1)
    firsts = range(0, max(len(positions), 1), size)  # an empty split gives one empty batch
    return np.concatenate([_flat(reader.inputs(positions[first : first + size])) for first in firsts])


def _flat(inputs: Floats) -> Floats:
    """Return ``(batch, feature)``: all numbers of a sample, neighbours averaged where there are too many."""
    flat = inputs.reshape(len(inputs), -1)
    together = -(-flat.shape[1] // MOST_FEATURES)
    if together == 1:
        return flat
    kept = flat.shape[1] // together
    averaged: Floats = flat[:, : kept * together].reshape(len(flat), kept, together).mean(axis=2)
    return averaged


def _deviation(rows: Floats) -> Floats:
    """Return each feature's deviation, but no less than a tenth of the mean one.

    A pixel that is black in all but one training image would otherwise outweigh all others the day
    it is not.
    """
    deviation = rows.std(axis=0)
    floored: Floats = np.maximum(deviation, max(0.1 * float(deviation.mean()), 1e-6)).astype(np.float32)
    return floored
