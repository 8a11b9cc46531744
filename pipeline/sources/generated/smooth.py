"""Smooth random values over a line, an area or a room."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
WAVES = 8


def smooth(generator: np.random.Generator, shape: Sequence[int], *, shortest: float) -> Values:
    """Return values of mean 0 and deviation 1 that change over distances of ``shortest`` and more.

    Args:
        generator: What the waves are drawn from.
        shape: Points along each axis.
        shortest: Shortest of the waves they are the sum of, in points; the longest are three times as long.

    Returns:
        Shape ``shape``.
    """
    places = np.stack(np.meshgrid(*(np.arange(size) for size in shape), indexing="ij"), axis=-1)
    directions = generator.normal(size=(WAVES, len(shape)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = generator.uniform(shortest, 3 * shortest, WAVES)
    angles = places @ (2 * np.pi * directions / lengths[:, None]).T  # (*shape, WAVES)
    waves = np.cos(angles + generator.uniform(0, 2 * np.pi, WAVES))
    return np.asarray(waves.sum(axis=-1) * np.sqrt(2 / WAVES))


def eight_bits(values: Values) -> NDArray[np.uint8]:
    """Return values between 0 and 1 as 0 to 255; what lies beyond is cut off."""
    return np.clip(np.round(values * 255), 0, 255).astype(np.uint8)


def shares(generator: np.random.Generator, samples: int, groups: int) -> NDArray[np.int64]:
    """Return the group of each sample, all about as large, the samples of a group one after the other.

    Returns:
        Shape ``(sample,)``, never falling.
    """
    extra = generator.permutation(groups) < samples % groups
    return np.repeat(np.arange(groups), samples // groups + extra)
