"""Samples of unequal lengths as rows of one length: figures per channel, and the sample drawn to fixed steps."""

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.base import Inputs
from pipeline.baselines.dense import MOST_FEATURES
from pipeline.preprocessing.stream import Floats, Ints

FIGURES = 6
"""Mean, deviation, lowest, highest, first and last value of a channel."""

STEPS = (8, 64)
"""Steps to which each channel is drawn, at least and at most: as many as the number of channels leaves room for."""

MOST_CHANNELS = MOST_FEATURES // (FIGURES + STEPS[0])
"""Frames of more numbers are averaged down first: blocks of pixels, or neighbouring channels."""


def summary(inputs: Inputs, lengths: Ints | None) -> Floats:
    """Return ``(sample, feature)``; what lies behind the end of a sample changes nothing.

    Args:
        inputs: Shape ``(sample, step, *frame)``.
        lengths: Steps of each sample, shape ``(sample,)``; None: all of them.
    """
    steps = _coarse(np.asarray(inputs, np.float32))  # (B, T, C)
    count, longest, channels = steps.shape
    ends = np.full(count, longest, np.int64) if lengths is None else lengths
    inside = (np.arange(longest) < ends[:, None])[:, :, None]
    size = ends[:, None].astype(np.float32)
    mean = np.where(inside, steps, 0.0).sum(axis=1) / size
    spread = np.where(inside, steps - mean[:, None], 0.0)
    figures = [
        mean,
        np.sqrt((spread * spread).sum(axis=1) / size),
        np.where(inside, steps, np.inf).min(axis=1),
        np.where(inside, steps, -np.inf).max(axis=1),
        steps[:, 0],
        steps[np.arange(count), ends - 1],
    ]
    wanted = min(max(MOST_FEATURES // channels - FIGURES, STEPS[0]), STEPS[1])
    curve = resampled(np.where(inside, steps, 0.0), ends, wanted).reshape(count, -1)
    return np.concatenate([*figures, curve, np.log(size)], axis=1, dtype=np.float32)


def resampled(steps: NDArray[np.floating], lengths: Ints, wanted: int) -> NDArray[np.float64]:
    """Return ``(sample, wanted, channel)``: the mean of each of ``wanted`` equal parts of each sample.

    A step that two parts share counts for both by its share, so that shorter and longer samples keep their shape.

    Args:
        steps: Shape ``(sample, step, channel)``, 0 behind the end of each sample.
        lengths: Steps of each sample, shape ``(sample,)``.
        wanted: Number of parts.
    """
    count, longest, channels = steps.shape
    sums = np.zeros((count, longest + 1, channels))
    np.cumsum(steps, axis=1, dtype=np.float64, out=sums[:, 1:])
    edges = lengths[:, None] * np.linspace(0.0, 1.0, wanted + 1)  # (B, wanted + 1)
    before = np.minimum(edges.astype(np.int64), longest - 1)
    share = (edges - before)[:, :, None]
    which = np.arange(count)[:, None]
    reached = (1.0 - share) * sums[which, before] + share * sums[which, before + 1]
    parts: NDArray[np.float64] = np.diff(reached, axis=1) / (lengths / wanted)[:, None, None]
    return parts


def _coarse(inputs: Floats) -> Floats:
    """Return ``(sample, step, channel)`` with at most ``MOST_CHANNELS`` channels."""
    count, longest, *frame = inputs.shape
    if int(np.prod(frame)) <= MOST_CHANNELS:
        return inputs.reshape(count, longest, -1)
    if len(frame) == 1:
        together = -(-frame[0] // MOST_CHANNELS)
        kept = frame[0] // together
        parts = inputs[:, :, : kept * together].reshape(count, longest, kept, together)
        return np.asarray(parts.mean(axis=3), np.float32)
    if len(frame) == 4:  # of a volume, the mean over its depth
        inputs = inputs.mean(axis=3)
        frame = [frame[0], *frame[2:]]
    bands, height, width = frame
    side = next(
        side
        for side in range(2, max(height, width) + 1)
        if bands * max(height // side, 1) * max(width // side, 1) <= MOST_CHANNELS
        or side >= min(height, width)
    )
    rows, columns = height // side, width // side
    blocks = inputs[:, :, :, : rows * side, : columns * side]
    blocks = blocks.reshape(count, longest, bands, rows, side, columns, side)
    return np.asarray(blocks.mean(axis=(4, 6)), np.float32).reshape(count, longest, -1)
