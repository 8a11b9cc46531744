"""Each kind learns a small problem that was built to need what it has, and that without it stays at chance.

Bounds lie between what can be known with and without it. Of two answers a guess hits half: whoever learns passes 0.9,
and whoever cannot stays below 0.65. Of numbers the mean alone leaves an error of 1: whoever learns halves it.
"""

import torch
from torch.nn import functional as F

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import Conv1dConfig
from pipeline.extraction.config_vectors import (
    ArrayConfig,
    DecompositionConfig,
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    PatchConfig,
    ResidualConfig,
    RocketConfig,
)
from pipeline.model.pooling import build_pooling

LEARNT, CHANCE, HALF = 0.9, 0.65, 0.5


class Reader(torch.nn.Module):
    """An extractor, a pooling, and one linear answer."""

    def __init__(self, config, pooling, x):
        super().__init__()
        self.extractor = build_extractor(config, tuple(x.shape[2:]))
        steps = self.extractor.count_steps(x.shape[1])
        self.pooling = build_pooling(pooling, self.extractor.out_features, steps=steps)
        self.answer = torch.nn.Linear(self.pooling.out_features, 1)

    def forward(self, x):
        return self.answer(self.pooling(self.extractor(x))).squeeze(1)


def trained(config, problem, *, pooling, loss, rounds=150):
    torch.manual_seed(0)
    x, target = problem(512)
    net = Reader(config, pooling, x)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.005)
    for step in range(rounds):
        rows = slice(step % 8 * 64, (step % 8 + 1) * 64)
        optimiser.zero_grad()
        loss(net(x[rows]), target[rows]).backward()
        optimiser.step()
    return net.eval()


def accuracy(config, problem, *, pooling, unseen=None, **training):
    """Return the share of answers that are right on samples drawn anew."""
    net = trained(config, problem, pooling=pooling, loss=F.binary_cross_entropy_with_logits, **training)
    x, target = (unseen or problem)(1000)
    with torch.no_grad():
        return ((net(x) > 0) == target.bool()).float().mean().item()


def error(config, problem, *, pooling, **training):
    """Return the squared error on samples drawn anew, as a share of what the mean would leave."""
    net = trained(config, problem, pooling=pooling, loss=F.mse_loss, **training)
    x, target = problem(1000)
    with torch.no_grad():
        return (F.mse_loss(net(x), target) / target.var()).item()


def long_ago(count):
    """Noise; what is asked is the sign of the step 20 before the last."""
    x = torch.randn(count, 32, 1)
    return x, (x[:, -21, 0] > 0).float()


def test_dilated_filters_see_what_lies_too_far_back_for_plain_ones():
    plain = {"features": (16,) * 4, "pool": 1, "causal": True}

    assert accuracy(Conv1dConfig(**plain, dilation=2), long_ago, pooling="last") > LEARNT
    assert accuracy(Conv1dConfig(**plain), long_ago, pooling="last") < CHANCE


def order_of_words(count):
    """Noise words, and somewhere among them two words whose order is the answer."""
    x = 0.3 * torch.randn(count, 20, 6)
    target = torch.randint(0, 2, (count,))
    place = torch.randint(0, 19, (count,))
    rows = torch.arange(count)
    x[rows, place + target] += 3 * F.one_hot(torch.tensor(0), 6)
    x[rows, place + 1 - target] += 3 * F.one_hot(torch.tensor(1), 6)
    return x, target.float()


def test_kernels_know_the_order_of_words_that_single_words_do_not_tell():
    assert accuracy(KernelsConfig(widths=(2, 3), filters=8), order_of_words, pooling="max") > LEARNT
    assert accuracy(KernelsConfig(widths=(1,), filters=16), order_of_words, pooling="max") < CHANCE


def carried_through(count):
    """Four numbers that hardly change from step to step; the answer is their sum."""
    x = torch.randn(count, 1, 4)
    return x + 0.1 * torch.randn(count, 6, 4), x[:, 0].sum(dim=1)


def test_forty_convolutions_let_through_what_came_in_where_shortcuts_lead_past_them():
    deep = ResidualConfig(features=(8,) * 20, kernels=(3, 3))
    plain = FcnConfig(features=(8,) * 40, kernels=(3,) * 40)

    assert error(deep, carried_through, pooling="mean", rounds=60) < HALF
    assert error(plain, carried_through, pooling="mean", rounds=60) > HALF


def somewhere(count):
    """Noise, and somewhere in it a bump that rises slowly or one that falls slowly."""
    x = 0.3 * torch.randn(count, 48, 1)
    target = torch.randint(0, 2, (count,))
    ramp = torch.linspace(0, 3, 8)
    for row, up, place in zip(x, target.tolist(), torch.randint(0, 40, (count,)).tolist(), strict=True):
        row[place : place + 8, 0] += ramp if up else ramp.flip(0)
    return x, target.float()


def test_fcn_finds_a_shape_wherever_it_stands():
    assert accuracy(FcnConfig(features=(8, 8, 8)), somewhere, pooling="mean") > LEARNT
    assert accuracy(FcnConfig(features=(8,), kernels=(1,)), somewhere, pooling="mean") < CHANCE


def two_ends(count):
    """A sign at the beginning and one at the end; the answer is whether they agree."""
    x = 0.1 * torch.randn(count, 60, 1)
    signs = torch.randn(count, 2).sign()
    x[:, 2:6, 0] += 2 * signs[:, :1]
    x[:, 54:58, 0] += 2 * signs[:, 1:]
    return x, (signs[:, 0] == signs[:, 1]).float()


def test_squeeze_and_excitation_joins_what_lies_at_both_ends_of_a_sample():
    sizes = {"features": (16, 16, 16)}

    assert accuracy(FcnConfig(**sizes, squeeze=2), two_ends, pooling="mean") > LEARNT
    assert accuracy(FcnConfig(**sizes), two_ends, pooling="mean") < CHANCE


def slow_and_quick(count):
    """Quick noise on a slow wave; the answer is whether the wave needs 24 steps or 36."""
    target = torch.randint(0, 2, (count,))
    period = torch.where(target == 1, 24.0, 36.0)
    phase = torch.rand(count, 1) * 6.3
    wave = torch.sin(6.2832 * torch.arange(96) / period[:, None] + phase)
    return (wave + torch.randn(count, 96)).unsqueeze(2), target.float()


def test_inception_hears_a_wave_that_short_filters_do_not():
    long = InceptionConfig(modules=1, filters=8)
    short = InceptionConfig(modules=1, filters=8, kernels=(3, 3, 3))

    assert accuracy(long, slow_and_quick, pooling="mean") > LEARNT
    assert accuracy(short, slow_and_quick, pooling="mean") < CHANCE


def test_fixed_kernels_tell_a_wave_that_their_dilation_reaches():
    apart, close = (
        RocketConfig(dilations=(1, 4)),
        RocketConfig(dilations=(1,), differences=False, thresholds=1),
    )

    assert accuracy(apart, slow_and_quick, pooling="mean") > LEARNT
    assert accuracy(close, slow_and_quick, pooling="mean") < CHANCE


def season_at_a_level(count):
    """A season of 12 steps on a level that differs far more; the answer is how high the season is."""
    level, height, phase = 3 * torch.randn(count, 1), 1 + torch.rand(count, 1), 6.3 * torch.rand(count, 1)
    x = level + height * torch.sin(6.2832 * torch.arange(60) / 12 + phase)
    return x.unsqueeze(2), height.squeeze(1)


def test_decomposition_tells_the_season_from_the_level():
    apart, together = DecompositionConfig(average=24), DecompositionConfig(average=1)

    assert error(apart, season_at_a_level, pooling="max", rounds=400) < HALF
    assert error(together, season_at_a_level, pooling="max", rounds=400) > HALF


def diagonals(first):
    """Noise, and a diagonal that moves up or down the channels from ``first`` on; which is the answer."""

    def problem(count):
        x = 0.3 * torch.randn(count, 16, 8)
        target = torch.randint(0, 2, (count,))
        for row, up, place in zip(x, target.tolist(), torch.randint(0, 13, (count,)).tolist(), strict=True):
            for offset in range(3):
                row[place + offset, first + (offset if up else 2 - offset)] += 3
        return x, target.float()

    return problem


def test_array_recognises_in_some_channels_what_it_learnt_in_others():
    image = ArrayConfig(features=(8,), pool_channels=8, pool=1)
    vectors = Conv1dConfig(features=(8,), pool=1)

    assert accuracy(image, diagonals(0), unseen=diagonals(5), pooling="mean") > LEARNT
    assert accuracy(vectors, diagonals(0), unseen=diagonals(5), pooling="mean") < CHANCE


def newest(count):
    """A window of noise; the answer is its last value."""
    x = torch.randn(count, 32, 1)
    return x, x[:, -1, 0]


def test_patches_side_by_side_read_the_last_step_that_strided_filters_leave_out():
    patches = PatchConfig(filters=16, patch=8, stride=8)
    strided = Conv1dConfig(
        features=(16,), kernel=8, stride=8, pool=1, normalisation="none", activation="gelu"
    )

    assert error(patches, newest, pooling="last") < HALF
    assert error(strided, newest, pooling="last") > HALF
