"""The linear rival of every classification: logistic regression on the flattened sample."""

import warnings
from typing import ClassVar, Literal

import numpy as np

from pipeline.baselines.base import BATCH_CELLS, Baseline, LeftOutError
from pipeline.preprocessing.stream import Floats, Ints, SplitReader

MOST_FEATURES = 4096
"""Longer samples are averaged down to this many numbers, so that time and memory stay bounded."""

ITERATIONS = 300
"""Steps of the optimiser at most; a rival that has not quite converged is still a rival."""


class Logistic(Baseline):
    """Multinomial logistic regression with scikit-learn's standard penalty."""

    head: ClassVar[Literal["classify", "forecast"]] = "classify"

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows

    def fit(self, train: SplitReader, *, seed: int) -> None:
        """Fit on at most ``max_rows`` samples, drawn with ``seed``.

        Raises:
            LeftOutError: The drawn samples are of one class.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        positions = _drawn(len(train), self.max_rows, seed)
        targets = train.targets(positions).astype(np.int64)
        self.classes = len(train.meta.classes)
        self.present = np.unique(targets)
        if len(self.present) < 2:
            raise LeftOutError("logistic regression needs two classes among its training samples")
        rows = _read(train, positions)
        self.offset, self.scale = rows.mean(axis=0), _deviation(rows)
        model = LogisticRegression(max_iter=ITERATIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit((rows - self.offset) / self.scale, targets)
        self.model = model
        self.parameters = int(model.coef_.size + model.intercept_.size)

    def predict(self, inputs: Floats) -> Floats:
        """Return probabilities; a class that was not among the drawn samples gets 0."""
        rows = (_flat(inputs) - self.offset) / self.scale
        probabilities = np.zeros((len(rows), self.classes), np.float32)
        probabilities[:, self.present] = self.model.predict_proba(rows)
        return probabilities


def _drawn(count: int, most: int, seed: int) -> Ints:
    if count <= most:
        return np.arange(count, dtype=np.int64)
    chosen = np.random.default_rng(seed).choice(count, size=most, replace=False)
    return np.sort(chosen).astype(np.int64)


def _read(train: SplitReader, positions: Ints) -> Floats:
    """Return the flattened samples, gathered in batches: only the flat ones are held together."""
    cells = train.meta.window * int(np.prod(train.meta.frame))
    size = max(BATCH_CELLS // max(cells, 1), 1)
    parts = [_flat(train.inputs(positions[first : first + size])) for first in range(0, len(positions), size)]
    return np.concatenate(parts)


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
