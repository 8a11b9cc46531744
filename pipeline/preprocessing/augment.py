"""Images that are moved and mirrored when a training batch is gathered."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def moved(images: NDArray[Any], moves: Ints) -> NDArray[Any]:
    """Return images moved each by its own ``(down, right)``; what moves in repeats the border.

    Args:
        images: Shape ``(image, band, height, width)``.
        moves: Pixels, shape ``(image, 2)``.
    """
    height, width = images.shape[-2:]
    down = np.clip(np.arange(height) - moves[:, :1], 0, height - 1)[:, :, None]  # (N, H, 1)
    right = np.clip(np.arange(width) - moves[:, 1:], 0, width - 1)[:, None, :]  # (N, 1, W)
    which = np.arange(len(images))[:, None, None]
    return np.moveaxis(images[which, :, down, right], -1, 1)  # (N, H, W, C) -> (N, C, H, W)


def flipped(images: NDArray[Any], flips: Ints) -> NDArray[Any]:
    """Return images mirrored where ``flips`` is 1: ``(top and bottom, left and right)`` of each change places.

    Args:
        images: Shape ``(image, band, height, width)``, or volumes with their depth before the height.
        flips: 0 or 1, shape ``(image, 2)``.
    """
    mirrored = images.copy()
    upside_down, sideways = flips[:, 0] == 1, flips[:, 1] == 1
    mirrored[upside_down] = mirrored[upside_down][..., ::-1, :]
    mirrored[sideways] = mirrored[sideways][..., ::-1]
    return mirrored
