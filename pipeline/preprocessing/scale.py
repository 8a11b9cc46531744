"""Scaling that is fitted on the training split only."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Scaler:
    """scaled = (raw − offset) / scale, per channel."""

    offset: Doubles
    scale: Doubles

    def apply(self, raw: Doubles) -> NDArray[np.float32]:
        """Return scaled values, shape as given with channels last."""
        scaled: NDArray[np.float32] = ((raw - self.offset) / self.scale).astype(np.float32)
        return scaled


def fit_scaler(training_rows: Doubles, kind: Literal["standard", "minmax", "none"]) -> Scaler:
    """Return the scaler for rows of shape ``(row, channel)``; a constant channel keeps scale 1."""
    channels = training_rows.shape[1]
    if kind == "none":
        return Scaler(np.zeros(channels), np.ones(channels))
    if kind == "standard":
        offset, spread = training_rows.mean(axis=0), training_rows.std(axis=0)
    else:
        offset = training_rows.min(axis=0)
        spread = training_rows.max(axis=0) - offset
    return Scaler(offset, np.where(spread > 0, spread, 1.0))


def fit_pixel_scaler(pixels: NDArray[np.uint8], kind: Literal["standard", "minmax", "none"]) -> Scaler:
    """Return the scaler for 8-bit pixels of shape ``(sample, …, band)`` from their histogram.

    A histogram per band is exact, and needs no copy of the pixels as floats.
    """
    counts = np.stack(
        [np.bincount(pixels[..., band].reshape(-1), minlength=256) for band in range(pixels.shape[-1])]
    ).astype(np.float64)
    values = np.arange(256.0)
    if kind == "none":
        return Scaler(np.zeros(len(counts)), np.ones(len(counts)))
    if kind == "standard":
        total = counts.sum(axis=1)
        offset = counts @ values / total
        spread = np.sqrt(np.maximum(counts @ values**2 / total - offset**2, 0.0))
    else:
        present = counts > 0
        offset = present.argmax(axis=1).astype(np.float64)
        spread = 255 - present[:, ::-1].argmax(axis=1) - offset
    return Scaler(offset, np.where(spread > 1e-9, spread, 1.0))
