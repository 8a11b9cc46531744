"""From margins to probabilities: one number, chosen on val, says how sure a margin of 1 is."""

import numpy as np

from pipeline.preprocessing.stream import Floats, Ints

SHARPNESS = np.geomspace(0.25, 64.0, 33)


def probabilities(margins: Floats, sharpness: float) -> Floats:
    """Return ``(sample, class)``; the class of the largest margin keeps the largest probability."""
    logits = sharpness * (margins - margins.max(axis=1, keepdims=True))
    shares = np.exp(logits)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def log_loss(margins: Floats, targets: Ints, sharpness: float) -> float:
    """Return the mean log loss of the probabilities."""
    logits = sharpness * (margins - margins.max(axis=1, keepdims=True)).astype(np.float64)
    hit = logits[np.arange(len(targets)), targets] - np.log(np.exp(logits).sum(axis=1))
    return float(-hit.mean())


def best_sharpness(margins: Floats, targets: Ints) -> float:
    """Return the sharpness with the least log loss; 1 where there is no sample to say."""
    if not len(targets):
        return 1.0
    return float(min(SHARPNESS, key=lambda each: log_loss(margins, targets, each)))
