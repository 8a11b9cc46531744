"""Scaling of pixels, fitted on the training samples as they lie in the stream."""

from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.arrays import HEADER
from pipeline.preprocessing.scale import Scaler

Ints = NDArray[np.int64]
AT_ONCE = 4 << 20
"""Bytes read together."""


def fit_pixels(
    stream: Path,
    frame: tuple[int, ...],
    kind: Literal["standard", "minmax", "none"],
    *,
    lengths: Ints,
    train: NDArray[np.bool_],
    bands: int,
) -> Scaler:
    """Return the scaler per band for uint8 steps, from the histogram of the training samples.

    A histogram per band is exact, and needs no copy of the pixels as floats.

    Args:
        stream: The finished file of the stream.
        frame: Shape of a step; its first axis is made of the bands, one after the other.
        kind: How to scale.
        lengths: Steps of each sample; the samples follow one another in the stream, shape ``(sample,)``.
        train: Which samples train, shape ``(sample,)``.
        bands: 1 or 3.
    """
    if kind == "none":
        return Scaler(np.zeros(bands), np.ones(bands))
    counts = np.zeros((bands, 256), np.float64)
    size = int(np.prod(frame))
    with stream.open("rb") as file:
        file.seek(HEADER)
        for some in _together(lengths * size):
            steps = int(lengths[some].sum())
            pixels = np.fromfile(file, np.uint8, steps * size).reshape(steps, bands, -1)
            pixels = pixels[np.repeat(train[some], lengths[some])]
            for band in range(bands):
                counts[band] += np.bincount(pixels[:, band].reshape(-1), minlength=256)
    return _scaler(counts, kind)


def _together(sizes: Ints) -> list[slice]:
    """Return stretches of samples of about ``AT_ONCE`` bytes."""
    ends = np.cumsum(sizes)
    cuts = np.searchsorted(ends, np.arange(AT_ONCE, int(ends[-1]) + AT_ONCE, AT_ONCE), side="left") + 1
    bounds = np.unique(np.minimum(np.r_[0, cuts], len(sizes)))
    return [slice(int(first), int(last)) for first, last in pairwise(bounds)]


def _scaler(counts: NDArray[np.float64], kind: Literal["standard", "minmax"]) -> Scaler:
    values = np.arange(256.0)
    if kind == "standard":
        total = counts.sum(axis=1)
        offset = counts @ values / total
        spread = np.sqrt(np.maximum(counts @ values**2 / total - offset**2, 0.0))
    else:
        present = counts > 0
        offset = present.argmax(axis=1).astype(np.float64)
        spread = 255 - present[:, ::-1].argmax(axis=1) - offset
    return Scaler(offset, np.where(spread > 1e-9, spread, 1.0))


def per_entry(scaler: Scaler, entries: int) -> dict[str, Any]:
    """Return offset and scale per entry of a step's first axis: per band, or per pixel of a row."""
    repeat = entries // len(scaler.offset)
    return {
        "offset": tuple(np.repeat(scaler.offset, repeat).tolist()),
        "scale": tuple(np.repeat(scaler.scale, repeat).tolist()),
    }
