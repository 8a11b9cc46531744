"""What the rows of the training split say: their deviation per channel, and their longest run."""

import numpy as np
from numpy.typing import NDArray

from pipeline.preprocessing.stream import SplitReader

BLOCK = 65_536


def training_mask(train: SplitReader) -> NDArray[np.bool_]:
    """Return which rows of the stream lie in a training sample, its target included."""
    edges = np.zeros(len(train.stream) + 1, np.int32)
    np.add.at(edges, train.starts, 1)
    np.add.at(edges, train.starts + train.meta.window + train.meta.horizon, -1)
    mask: NDArray[np.bool_] = np.cumsum(edges[:-1]) > 0
    return mask


def deviations(train: SplitReader) -> dict[str, float]:
    """Return target channel → deviation in original units over the training rows; 1 where it is constant.

    It does not depend on how the stream was scaled, so that errors in deviations mean the same in
    every project.
    """
    meta = train.meta
    mask, targets = training_mask(train), list(meta.targets)
    count, total, squares = 0, np.zeros(len(targets)), np.zeros(len(targets))
    for first in range(0, len(mask), BLOCK):
        rows = train.stream[first : first + BLOCK][mask[first : first + BLOCK]]
        scaled = rows[:, targets].astype(np.float64)
        count, total, squares = count + len(scaled), total + scaled.sum(0), squares + (scaled**2).sum(0)
    spread = np.sqrt(np.maximum(squares / max(count, 1) - (total / max(count, 1)) ** 2, 0.0))
    original = spread * np.asarray(meta.scale)[targets]
    return {
        meta.channels[index]: float(value) if value > 0 else 1.0
        for index, value in zip(targets, original, strict=True)
    }


def target_deviation(train: SplitReader) -> dict[str, float]:
    """Return the number's name → its deviation over the training samples in original units; 1 where it is constant."""
    targets = train.targets(np.arange(len(train)))
    value = float(targets.std(dtype=np.float64)) * train.meta.target_scale if len(targets) else 0.0
    return {train.meta.target_name: value if value > 0 else 1.0}


def longest_run(train: SplitReader, most: int) -> NDArray[np.float64]:
    """Return the longest uninterrupted run of training rows, its last ``most`` at most, ``(row, target)``.

    Two groups that follow one another in the stream are never one run: no sample crosses from one
    into the other, but their rows can touch, so a run also ends where no sample goes on.
    """
    starts, length = np.sort(train.starts), train.meta.window + train.meta.horizon
    if not len(starts):
        return np.empty((0, len(train.meta.targets)))
    new = np.flatnonzero(np.diff(starts) >= length) + 1  # the next sample shares no row with the last
    firsts = starts[np.concatenate([[0], new])]
    ends = starts[np.concatenate([new - 1, [len(starts) - 1]])] + length
    longest = int(np.argmax(ends - firsts))
    first, end = int(firsts[longest]), int(ends[longest])
    rows = train.stream[max(first, end - most) : end][:, list(train.meta.targets)]
    return np.asarray(rows, np.float64)
