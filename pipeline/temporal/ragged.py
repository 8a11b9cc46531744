"""Recurrent networks over samples of unequal length, in two ways that give the same.

Packed is PyTorch's own way and the one for GPUs. On a CPU it costs 2.5 times as much as reading the padding too
(64 steps, batch 64, hidden 64: 29 ms instead of 12), so there the padding is read, behind each sample, where it can
change nothing that is kept: backwards, too, each sample is read from its own last step.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipeline.temporal.cells import cell_states

Recurrent = nn.LSTM | nn.GRU | nn.RNN
States = Literal["output", "cell", "both"]


def read_packed(network: Recurrent, x: Tensor, lengths: Tensor, dropout: nn.Dropout) -> Tensor:
    """Return the hidden states ``(batch, step, hidden)``, 0 behind each sample, after ``dropout``."""
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    states, _ = network(packed)
    states = states._replace(data=dropout(states.data))
    padded, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    return padded


def read_padded(
    network: Recurrent, x: Tensor, lengths: Tensor, dropout: nn.Dropout, *, states: States = "output"
) -> Tensor:
    """Return what :func:`read_packed` returns, layer by layer and direction by direction.

    Args:
        network: The layers.
        x: Shape ``(batch, step, feature)``.
        lengths: Steps of each sample, shape ``(batch,)``.
        dropout: What comes after the last layer.
        states: What is given of the last layer; of a bidirectional one, all that was read forwards comes first.
    """
    lengths = lengths.to(x.device)
    steps = torch.arange(x.shape[1], device=x.device)
    there = steps < lengths[:, None]  # (B, S)
    back = torch.where(there, lengths[:, None] - 1 - steps, steps)  # each sample turned round in itself
    x = x.masked_fill(~there[..., None], 0.0)
    directions = 2 if network.bidirectional else 1
    for layer in range(network.num_layers):
        weights = network.all_weights[directions * layer : directions * (layer + 1)]
        last = layer == network.num_layers - 1
        given = states if last else "output"
        hidden = _given(network, x, weights[0], given)
        if directions == 2:
            turned = _given(network, _taken(x, back), weights[1], given)
            hidden = torch.cat([hidden, _taken(turned, back)], dim=2)
        x = dropped(hidden, there, dropout.p if last else network.dropout, training=network.training)
    return x.masked_fill(~there[..., None], 0.0)


def _given(network: Recurrent, x: Tensor, weights: Sequence[Tensor], states: States) -> Tensor:
    """Return what is asked for of one layer in one direction."""
    hidden = _read(network, x, weights)
    if states == "output":
        return hidden
    cells = cell_states(x, hidden, weights)
    return cells if states == "cell" else torch.cat([hidden, cells], dim=2)


def _read(network: Recurrent, x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Return the states of one layer in one direction."""
    start = x.new_zeros(1, x.shape[0], network.hidden_size)
    # Weights, with biases, one layer, no dropout, …, one direction, batch first.
    how = (list[Tensor](weights), True, 1, 0.0, network.training, False, True)
    match network:
        case nn.LSTM():
            states: Tensor = torch.lstm(x, (start, start), *how)[0]
        case nn.GRU():
            states = torch.gru(x, start, *how)[0]
        case _:
            states = torch.rnn_tanh(x, start, *how)[0]
    return states


def _taken(x: Tensor, order: Tensor) -> Tensor:
    """Return the steps of each sample in another order."""
    return x.gather(1, order[..., None].expand(-1, -1, x.shape[2]))


def dropped(x: Tensor, there: Tensor, share: float, *, training: bool) -> Tensor:
    """Drop features, or numbers of maps, of the steps that are there; what is drawn does not depend on the padding."""
    if not share or not training:
        return x
    kept = nn.functional.dropout(x[there], share)  # (R, ...)
    return torch.zeros_like(x).masked_scatter(there.reshape(*there.shape, *[1] * (x.ndim - 2)), kept)
