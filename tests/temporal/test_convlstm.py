"""A cell whose state is a map: what it computes, and what it sees."""

import torch
from torch import nn

from pipeline.temporal.config import ConvLstmConfig
from pipeline.temporal.convlstm import ConvLstmEncoder


def encoder(frame, **settings):
    torch.manual_seed(0)
    return ConvLstmEncoder(ConvLstmConfig(**settings), frame).eval()


def test_on_maps_of_one_cell_it_is_an_lstm():
    network = encoder((5, 1, 1), hidden=4, kernel=1)
    lstm, layer, x = nn.LSTM(5, 4, batch_first=True), network.layers[0], torch.randn(2, 6, 5)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(layer.entering.weight.flatten(1))
        lstm.weight_hh_l0.copy_(layer.recurrent.weight.flatten(1))
        lstm.bias_ih_l0.copy_(layer.entering.bias)
        lstm.bias_hh_l0.zero_()

    torch.testing.assert_close(network(x[..., None, None]), lstm(x)[0])


def test_what_moves_in_the_frames_moves_in_the_state():
    network = encoder((1, 9, 9), hidden=3, read="flatten")
    x = torch.zeros(1, 3, 1, 9, 9)
    x[:, 0, 0, 3, 3] = 1.0

    first = network(x).unflatten(2, (3, 9, 9))
    moved = network(x.roll((1, 1), dims=(3, 4))).unflatten(2, (3, 9, 9))

    inner = slice(2, 6)  # in three steps a filter of 3 brings what is beyond the edge two cells in
    torch.testing.assert_close(moved[..., 3:7, 3:7], first[..., inner, inner])


def test_the_state_spreads_by_half_a_filter_each_step():
    network = encoder((1, 9, 9), hidden=2, read="flatten")
    x = torch.zeros(1, 3, 1, 9, 9)
    touched = x.clone()
    touched[:, 0, 0, 4, 4] = 1.0

    reach = (network(touched) - network(x)).unflatten(2, (2, 9, 9)).abs().amax(dim=(0, 2)) > 0

    assert [int(step.sum()) for step in reach] == [3 * 3, 5 * 5, 7 * 7]


def test_averaged_maps_are_the_mean_of_the_flattened_ones():
    mean, flat = (encoder((2, 3, 4), hidden=3, read=read) for read in ("mean", "flatten"))
    x = torch.randn(2, 5, 2, 3, 4)

    torch.testing.assert_close(mean(x), flat(x).unflatten(2, (3, 12)).mean(dim=3))
