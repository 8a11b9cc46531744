"""Find the season of a series from its training rows alone."""

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 20_000
SEASONS_SEEN = 8
"""A season has to come this often before it is believed: random walks wander in few, long waves."""

LEAST = 0.15
"""Autocorrelation at one and at two seasons, and its rise above the dip before them: this much in a long
series, and four standard errors of pure noise in a short one."""


def find_season(rows: NDArray[np.float64]) -> int | None:
    """Return the steps of one season, or None where none shows.

    Looked for in the values first, then in their changes from row to row: slow movements can hide a
    daily season from the former, and noise a soft one from the latter.

    Args:
        rows: Uninterrupted rows, shape ``(row, channel)``.
    """
    if len(rows) // SEASONS_SEEN < 3:
        return None
    return _highest_peak(rows) or _highest_peak(np.diff(rows, axis=0))


def _highest_peak(rows: NDArray[np.float64]) -> int | None:
    """Return the lag at which the detrended channels resemble themselves most, if they do.

    It is the shortest lag whose peak nearly reaches the highest one, comes again at twice the lag,
    and stands above the dip before it.
    """
    longest = len(rows) // SEASONS_SEEN
    correlation = _autocorrelation(rows, 2 * longest + 2)
    lags = np.arange(2, longest + 1)
    is_peak = (correlation[lags] >= correlation[lags - 1]) & (correlation[lags] > correlation[lags + 1])
    dip = np.minimum.accumulate(correlation)[lags]
    again = np.maximum.reduce([correlation[2 * lags + shift] for shift in (-1, 0, 1)])
    height = np.minimum(correlation[lags], again)
    least = max(LEAST, 4.0 / float(np.sqrt(len(rows))))
    found = is_peak & (height >= least) & (height - dip >= least)
    if not found.any():
        return None
    best = height[found].max()
    return int(lags[found & (height >= 0.9 * best)][0])


def _autocorrelation(rows: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Return the mean autocorrelation of the channels at lags ``0 … lags - 1``."""
    count = len(rows)
    time = np.linspace(-1.0, 1.0, count)[:, None]
    level = rows - rows.mean(axis=0)
    detrended = level - time * (time * level).sum(axis=0) / (time**2).sum()
    power = np.abs(np.fft.rfft(detrended, n=2 * count, axis=0)) ** 2
    products = np.fft.irfft(power, axis=0)[:lags]
    variance = products[0]
    living = variance > 1e-12 * count
    if not living.any():
        return np.zeros(lags)
    pairs = (count - np.arange(lags)) / count  # fewer pairs at longer lags
    correlation: NDArray[np.float64] = (products[:, living] / variance[living]).mean(axis=1) / pairs
    return correlation
