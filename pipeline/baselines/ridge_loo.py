"""Least squares with a penalty chosen by leaving out each training sample in turn, all of them at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.preprocessing.stream import Floats

PENALTIES = np.logspace(-3, 3, 10)


@dataclass(frozen=True)
class LinearMap:
    """Weights for rows as they came; they hold their scale."""

    weights: Floats
    """Shape ``(feature, output)``."""

    bias: Floats
    """Shape ``(output,)``."""

    penalty: float
    error: float
    """Mean squared error on the samples left out."""

    def __call__(self, rows: Floats) -> Floats:
        """Return ``(sample, output)``."""
        return np.asarray(rows @ self.weights + self.bias, np.float32)


def fit_left_out(rows: Floats, targets: NDArray[np.floating]) -> LinearMap:
    """Fit every penalty from one decomposition, and keep the one whose left-out samples are told best.

    Meant for fewer samples than features. ``rows`` are scaled in place, so that no second copy is held.

    Args:
        rows: Shape ``(sample, feature)``.
        targets: Shape ``(sample, output)``.

    Source:
        Golub, Heath & Wahba (1979), "Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter".
    """
    from scipy.linalg import eigh

    offset, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-6] = 1.0
    rows -= offset
    rows /= scale
    mean = targets.mean(axis=0)
    centred = np.asarray(targets - mean, np.float64)
    values, vectors = eigh((rows @ rows.T).astype(np.float64))
    values = np.maximum(values, 0.0)
    turned = vectors.T @ centred
    best: tuple[float, float] | None = None
    for penalty in PENALTIES:
        kept = values / (values + penalty)
        own = (vectors**2) @ kept + 1.0 / len(rows)  # how much a sample's answer owes to its own target
        left_out = (centred - vectors @ (kept[:, None] * turned)) / np.maximum(1.0 - own, 1e-12)[:, None]
        error = float(np.mean(left_out**2))
        if best is None or error < best[0]:
            best = error, float(penalty)
    if best is None:
        raise ValueError("there is no penalty to try")
    dual = vectors @ (turned / (values + best[1])[:, None])
    weights = (rows.T @ dual.astype(np.float32)) / scale[:, None]
    bias = np.asarray(mean - offset @ weights, np.float32)
    return LinearMap(weights, bias, penalty=best[1], error=best[0])
