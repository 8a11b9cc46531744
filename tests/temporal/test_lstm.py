"""``nn.LSTM`` against the numbered equations (1)-(6) of the publication, transcribed in NumPy."""

import numpy as np
import torch
from torch import nn

from pipeline.temporal.bilstm import BilstmEncoder
from pipeline.temporal.config import BilstmConfig, LstmConfig
from pipeline.temporal.lstm import LstmEncoder


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def numbered_equations(x, weight, bias, size):
    """Return h_t and C_t for every step of ``x`` (time, feature); ``weight[g]`` reads ``[h_{t-1}, x_t]``."""
    h, c = np.zeros(size), np.zeros(size)
    states, cells = [], []
    for x_t in x:
        joined = np.concatenate([h, x_t])  # [h_{t-1}, x_t]
        f = sigmoid(weight["f"] @ joined + bias["f"])  # (1)
        i = sigmoid(weight["i"] @ joined + bias["i"])  # (2)
        candidate = np.tanh(weight["C"] @ joined + bias["C"])  # (3)
        c = f * c + i * candidate  # (4)
        o = sigmoid(weight["o"] @ joined + bias["o"])  # (5)
        h = o * np.tanh(c)  # (6)
        states.append(h)
        cells.append(c)
    return np.stack(states), np.stack(cells)


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

    expected = np.stack([numbered_equations(sample.numpy(), weight, bias, size=4)[0] for sample in x])
    np.testing.assert_allclose(hidden.detach().numpy(), expected, rtol=0, atol=1e-12)


def test_the_states_of_the_cell_are_those_of_the_numbered_equations():
    torch.manual_seed(0)
    encoder = LstmEncoder(LstmConfig(hidden=4, states="both"), 5).double()
    x = torch.randn(3, 20, 5, dtype=torch.float64)
    weight, bias = gates(encoder.network, size=4)

    given = encoder(x).detach().numpy()

    for sample, found in zip(x, given, strict=True):
        hidden, cells = numbered_equations(sample.numpy(), weight, bias, size=4)
        np.testing.assert_allclose(found, np.concatenate([hidden, cells], axis=1), rtol=0, atol=1e-12)


def test_the_gradient_through_the_states_of_the_cell_is_that_of_their_equations():
    torch.manual_seed(0)
    encoder = LstmEncoder(LstmConfig(hidden=3, states="cell"), 2).double()
    x = torch.randn(2, 5, 2, dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(encoder, (x,))


def test_read_backwards_the_cell_has_its_last_state_at_the_first_step():
    torch.manual_seed(0)
    encoder = BilstmEncoder(BilstmConfig(hidden=3, states="both"), 2)
    x = torch.randn(2, 5, 2)
    _, (hidden, cells) = encoder.network(x)

    given = encoder(x)

    last = torch.cat([hidden[0], cells[0], hidden[1], cells[1]], dim=1)
    torch.testing.assert_close(torch.cat([given[:, -1, :6], given[:, 0, 6:]], dim=1), last)
