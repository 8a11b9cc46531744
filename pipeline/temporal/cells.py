"""What the cell of an LSTM held at each step, which PyTorch keeps to itself but for the last step."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def cell_states(x: Tensor, hidden: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Return the cell's state at every step of one layer in one direction, ``(batch, step, hidden)``.

    The gates of a step follow from its input and the output of the step before. ``nn.LSTM`` has given all outputs
    already, so the gates of all steps are one product of matrices, and only ``c = f · c + i · g``, number by number,
    is left to be done step by step.

    Args:
        x: What the layer read, ``(batch, step, feature)``.
        hidden: What it gave, ``(batch, step, hidden)``, beginning from 0.
        weights: Of the input, of the recurrence, and the bias of each, as PyTorch stacks them: i, f, g, o.
    """
    size = hidden.shape[2]
    entering, recurrent, *biases = (weight[: 3 * size] for weight in weights)  # o has no part in the cell
    before = F.pad(hidden[:, :-1], (0, 0, 1, 0))  # (B, S, H), one step later
    gates = F.linear(x, entering, biases[0]) + F.linear(before, recurrent, biases[1])
    wide = torch.promote_types(
        gates.dtype, torch.float32
    )  # a long sum of 16-bit numbers would lose its small parts
    enter, keep, candidate = gates.to(wide).chunk(3, dim=2)
    new, kept = enter.sigmoid() * candidate.tanh(), keep.sigmoid()
    state, states = new.new_zeros(x.shape[0], size), []
    for added, share in zip(new.unbind(1), kept.unbind(1), strict=True):
        state = torch.addcmul(added, share, state)
        states.append(state)
    return torch.stack(states, dim=1).to(hidden.dtype)
