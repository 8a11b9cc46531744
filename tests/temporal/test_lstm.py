"""``nn.LSTM`` against the numbered equations (1)-(6) of the publication, transcribed in NumPy."""

import numpy as np
import torch
from torch import nn


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def numbered_equations(x, weight, bias, size):
    """Return h_t for every step of ``x`` (time, feature); ``weight[g]`` reads ``[h_{t-1}, x_t]``."""
    h, c = np.zeros(size), np.zeros(size)
    states = []
    for x_t in x:
        joined = np.concatenate([h, x_t])  # [h_{t-1}, x_t]
        f = sigmoid(weight["f"] @ joined + bias["f"])  # (1)
        i = sigmoid(weight["i"] @ joined + bias["i"])  # (2)
        candidate = np.tanh(weight["C"] @ joined + bias["C"])  # (3)
        c = f * c + i * candidate  # (4)
        o = sigmoid(weight["o"] @ joined + bias["o"])  # (5)
        h = o * np.tanh(c)  # (6)
        states.append(h)
    return np.stack(states)


def gates(network, size):
    """Return torch's weights in the publication's form: torch stacks i, f, C, o and splits W and b in two."""
    weight, bias = {}, {}
    for position, gate in enumerate(("i", "f", "C", "o")):
        rows = slice(position * size, (position + 1) * size)
        recurrent, entering = network.weight_hh_l0[rows], network.weight_ih_l0[rows]
        weight[gate] = torch.cat([recurrent, entering], dim=1).detach().numpy()
        bias[gate] = (network.bias_ih_l0[rows] + network.bias_hh_l0[rows]).detach().numpy()
    return weight, bias


def test_the_lstm_computes_the_numbered_equations_of_the_publication():
    torch.manual_seed(0)
    network = nn.LSTM(input_size=5, hidden_size=4, batch_first=True).double()
    x = torch.randn(3, 20, 5, dtype=torch.float64)
    weight, bias = gates(network, size=4)

    hidden, _ = network(x)

    expected = np.stack([numbered_equations(sample.numpy(), weight, bias, size=4) for sample in x])
    np.testing.assert_allclose(hidden.detach().numpy(), expected, rtol=0, atol=1e-12)
