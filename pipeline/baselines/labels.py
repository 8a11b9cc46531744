"""Logistic regression for each of several labels, all of them fitted at once: the rows are read once per step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.features import Rows
from pipeline.preprocessing.stream import Floats, Ints

ITERATIONS = 100
"""Steps of the optimiser per penalty; each starts where the last one ended."""


@dataclass(frozen=True)
class Labels:
    """One set of weights per label; a label that all training samples have, or none, has no weights but its share."""

    weights: Floats
    """Shape ``(feature, label)``."""

    bias: Floats
    """Shape ``(label,)``."""

    penalty: float

    @property
    def parameters(self) -> int:
        """Numbers that fitting chose."""
        return int(self.weights.size + self.bias.size)

    def probabilities(self, rows: Rows) -> Floats:
        """Return ``(sample, label)``."""
        return _sigmoid(np.asarray(rows @ self.weights) + self.bias)


def fit_labels(rows: Rows, targets: Floats | Ints, *, penalty: float, start: Labels | None = None) -> Labels:
    """Make the mean log loss plus the penalty small.

    The labels share nothing, so fitting them together is one regression against the rest for each.

    Args:
        rows: Features ``(sample, feature)``, dense or sparse.
        targets: 0/1, shape ``(sample, label)``.
        penalty: Weight of half the squared weights; the bias is free.
        start: A fit of another penalty.
    """
    from scipy.optimize import minimize

    has = np.asarray(targets, np.float32)
    shape = rows.shape[1], has.shape[1]
    alive = (has != has[:1]).any(axis=0)
    if start is None:
        share = np.clip(has.mean(axis=0), 1e-6, 1 - 1e-6)
        start = Labels(np.zeros(shape, np.float32), np.log(share / (1 - share)).astype(np.float32), penalty)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[: -shape[1]].reshape(shape), flat[-shape[1] :]
        logits = np.asarray(rows @ weights.astype(np.float32)) + bias
        error = (_sigmoid(logits) - has) * alive / np.float32(len(has))
        each = np.logaddexp(0.0, logits) - has * logits
        slope = np.asarray(rows.T @ error, np.float64) + penalty * weights
        total = float((each * alive).sum() / len(has) + penalty / 2 * (weights * weights).sum())
        return total, np.concatenate([slope.ravel(), error.sum(axis=0, dtype=np.float64)])

    first = np.concatenate([start.weights.ravel(), start.bias]).astype(np.float64)
    options = {"maxiter": ITERATIONS, "maxcor": 5}
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options=options).x.astype(np.float32)
    return Labels(found[: -shape[1]].reshape(shape), found[-shape[1] :], penalty)


def _sigmoid(logits: NDArray[np.floating]) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-logits)), np.float32)
