"""Steps that are there and steps that only fill a batch: padding is taken out before anything can see it.

What has no neighbours (normalisation, dropout, frames read one by one) runs on the steps that are there and on
nothing else, so that padding changes neither a statistic nor what is drawn at random. What has neighbours
(convolution, pooling) finds zeros, or nothing, behind each sample.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def inside(lengths: Tensor, steps: int) -> Tensor:
    """Return which of ``steps`` steps are no padding, shape ``(batch, step)``.

    Args:
        lengths: Steps of each sample, shape ``(batch,)``, on the device of the result.
        steps: Steps of the batch.
    """
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def blanked(x: Tensor, there: Tensor, value: float = 0.0) -> Tensor:
    """Return ``(batch, step, *frame)`` with ``value`` in the steps that are not ``there``.

    Nothing flows back into them, whatever they hold.
    """
    return x.masked_fill(~there.reshape(*there.shape, *[1] * (x.ndim - 2)), value)


def on_steps(function: Callable[[Tensor], Tensor], x: Tensor, there: Tensor) -> Tensor:
    """Return ``function`` of the steps that are ``there``, and 0 in the others.

    Args:
        function: Takes and gives one row per step, ``(row, *frame)``.
        x: Shape ``(batch, step, *frame)``.
        there: Shape ``(batch, step)``.

    Returns:
        Shape ``(batch, step, *frame of the function)``.
    """
    rows = there.flatten().nonzero().squeeze(1)  # (R,), once for both ways
    given = function(x.flatten(0, 1)[rows])  # (B·S, ...) -> (R, ...)
    whole = given.new_zeros((there.numel(), *given.shape[1:])).index_copy(0, rows, given)
    return whole.reshape(*there.shape, *given.shape[1:])


def pool_steps(x: Tensor, lengths: Tensor | None, width: int) -> Tensor:
    """Return the largest of ``width`` steps at a time, of those that are there: ``(batch, step // width, feature)``."""
    if lengths is not None:
        x = blanked(x, inside(lengths, x.shape[1]), -torch.inf)
        x = F.pad(
            x, (0, 0, 0, max(width - x.shape[1], 0)), value=-torch.inf
        )  # a batch shorter than one window
    x = F.max_pool1d(x.transpose(1, 2), width).transpose(1, 2)  # (B, S, F) -> (B, S // width, F)
    return x if lengths is None else blanked(x, inside(count_pooled(lengths, width), x.shape[1]))


def count_pooled(lengths: Tensor, width: int) -> Tensor:
    """Return the steps that pooling leaves of each sample, one at least."""
    return (lengths // width).clamp(min=1)
