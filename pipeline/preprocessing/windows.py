"""Which windows of a series there are: an index into it, never a copy."""

import numpy as np
from numpy.typing import NDArray

from pipeline.preprocessing.split import TRAIN, Codes

Ints = NDArray[np.int64]


def window_starts(segments: Ints, codes: Codes, *, window: int, horizon: int, stride: int) -> dict[int, Ints]:
    """Return the first row of every window, per split code.

    A window lies within one segment (one group, no gap). A forecast belongs to the split that holds
    all of its target rows; its look-back may reach into an earlier split, which is known by then.
    Without a horizon every row of the window lies in the split.

    Args:
        segments: Number of the unbroken stretch each row belongs to, not falling, shape ``(row,)``.
        codes: Split of each row, shape ``(row,)``.
        window: Rows the model sees.
        horizon: Rows to forecast; 0 for classification.
        stride: Rows between the starts of two training windows; val and test use every one.
    """
    length = window + horizon
    starts = np.arange(max(len(segments) - length + 1, 0))
    last = starts + length - 1
    first_judged = starts + (window if horizon else 0)
    code = codes[last] if len(starts) else codes[:0]
    fits = segments[starts] == segments[last]
    fits &= codes[first_judged] == code
    if horizon:
        fits &= (codes[starts] <= code) & (codes[starts] >= TRAIN)
    position = starts - np.searchsorted(segments, segments[starts]) if len(starts) else starts
    fits &= (code != TRAIN) | (position % stride == 0)
    return {split: starts[fits & (code == split)] for split in range(3)}


def segment_ids(groups: Ints, distances: NDArray[np.float64], step: float | None) -> Ints:
    """Return the number of the unbroken stretch each row belongs to.

    Args:
        groups: Number of each row's group, sorted.
        distances: Time since the row before it, in any unit; NaN where unknown.
        step: Regular distance in that unit; a distance over one and a half of it is a gap. None: no gaps.
    """
    breaks = np.zeros(len(groups), bool)
    breaks[1:] = groups[1:] != groups[:-1]
    if step is not None:
        with np.errstate(invalid="ignore"):
            breaks |= distances > 1.5 * step
    return np.cumsum(breaks).astype(np.int64)
