"""Samples of unequal length: no padded step changes an answer, a gradient, a statistic or a random draw."""

from itertools import product
from typing import get_args

import pytest
import torch

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_frames import Conv3dConfig, ConvnextConfig, ResnetConfig, VggConfig
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
from pipeline.heads.config import ClassifyConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.frozen import FrozenNet
from pipeline.model.norm import BatchNormInput, WindowLevel
from pipeline.preprocessing.meta import StreamMeta
from pipeline.temporal.config import (
    BilstmConfig,
    ConvLstmConfig,
    GruConfig,
    LstmConfig,
    RnnConfig,
    TemporalConfig,
)

WINDOW = 12
LENGTHS = torch.tensor([7, 2, WINDOW, 1, 5])
EXTRACTORS = [
    Conv1dConfig(features=(6, 5), dropout=0.2),
    Conv1dConfig(features=(6, 4), kernel=4, convolutions=2, activation="gelu"),
    Conv1dConfig(features=(4, 4), normalisation="none", pool=1, activation="tanh"),
    Conv1dConfig(features=(5,), stride=2, pool=1),
]
VECTORS = [
    Conv1dConfig(features=(4, 5), kernel=4, dilation=2, causal=True, dropout=0.2),
    KernelsConfig(widths=(2, 5), filters=3, dropout=0.2),
    FcnConfig(features=(6, 4), kernels=(4, 3), squeeze=2, dropout=0.2),
    ResidualConfig(features=(4, 5), kernels=(4, 3), dropout=0.2, pool=2),
    InceptionConfig(modules=2, filters=2, kernels=(7, 4), bottleneck=2, residual=2, dropout=0.2),
    RocketConfig(dilations=(1, 2), thresholds=2),
    DecompositionConfig(average=5),
    ArrayConfig(features=(3, 4), dropout=0.2),
    PatchConfig(filters=4, patch=4, stride=2, dropout=0.2),
]
FRAMES = [
    Conv2dConfig(features=(4,), steps=steps, dropout=0.2) for steps in ("frames", "rows", "columns", "cells")
]
KNOWN = [
    VggConfig(depth=11, levels=2, width=0.06, dropout=0.2),
    ResnetConfig(depth=10, levels=2, width=0.06, stem="small", steps="cells"),
    ConvnextConfig(features=(4, 6), blocks=(1, 1), patch=1, steps="rows", dropout=0.2),
]
VOLUMES = [Conv3dConfig(features=(4,), steps=steps, dropout=0.2) for steps in ("frames", "slices", "cells")]
ENCODERS = [
    LstmConfig(hidden=5, dropout=0.2), BilstmConfig(hidden=3, layers=2, dropout=0.3),
    GruConfig(hidden=5, layers=2), RnnConfig(hidden=4, layers=2, dropout=0.2),
]  # fmt: skip
MAPS = Conv2dConfig(features=(3,), steps="maps")
MAP_ENCODERS = [ConvLstmConfig(hidden=3, layers=2, dropout=0.2), ConvLstmConfig(hidden=2, read="flatten")]
ORDERS, POOLINGS = (get_args(ModelConfig.model_fields[name].annotation) for name in ("order", "pooling"))


def point(extraction, temporal, *, kind="series", frame=(3,), **model):
    stream = StreamMeta(
        kind=kind, head="classify", window=WINDOW, ragged=True, frame=frame,
        channels=tuple("abc"[: frame[0]]) if frame else (), classes=("no", "yes", "perhaps"),
        vocabulary=9 if kind == "text" else 0, dimensions=4 if kind == "text" else 0,
        offset=(0.0,) * 3, scale=(1.0,) * 3, counts={"train": 30, "val": 10, "test": 10},
    )  # fmt: skip
    return Blueprint(
        stream=stream,
        model=ModelConfig(**model),
        extraction=extraction,
        temporal=temporal,
        heads=ClassifyConfig(),
    )


POINTS = [
    *[
        point(EXTRACTORS[index // 2 % 4], ENCODERS[index % 4], order=order, pooling=pooling, dropout=0.1)
        for index, (order, pooling) in enumerate(product(ORDERS, POOLINGS))
    ],
    *[
        point(EXTRACTORS[index % 4], encoder, order=order, pooling="last")
        for index, (encoder, order) in enumerate(product(ENCODERS, ORDERS[:3]))
    ],
    *[
        point(extraction, ENCODERS[1], kind="clips", frame=(2, 4, 6), order=order, pooling="last")
        for extraction, order in product(FRAMES, ("cnn-lstm", "parallel", "cnn"))
    ],
    *[point(extraction, ENCODERS[1], kind="clips", frame=(2, 4, 6), pooling="last") for extraction in KNOWN],
    *[
        point(extraction, ENCODERS[1], kind="clips", frame=(2, 2, 4, 6), input_norm=norm)
        for extraction, norm in zip(VOLUMES, ("batch", "none", "none"), strict=True)
    ],
    *[
        point(extraction, ENCODERS[0], kind="text", frame=(), order=order, pooling="attention")
        for extraction, order in product(EXTRACTORS, ORDERS)
    ],
    *[
        point(extraction, ENCODERS[index % 4], order=order, pooling=pooling)
        for index, extraction in enumerate(VECTORS)
        for order, pooling in (
            ("cnn-lstm", "last"),
            ("parallel", "max"),
            ("cnn", "flatten"),
            ("lstm-cnn", "mean"),
        )
    ],
    *[
        point(extraction, ENCODERS[0], kind="text", frame=(), order="cnn-lstm", pooling="max")
        for extraction in VECTORS
    ],
    *[
        point(EXTRACTORS[0], ENCODERS[1], order=order, pooling="flatten", input_norm="batch")
        for order in ORDERS
    ],
    point(FRAMES[1], ENCODERS[2], kind="clips", frame=(2, 4, 6), input_norm="batch"),
    *[
        point(MAPS, encoder, kind="clips", frame=(2, 4, 6), order=order, pooling="mean")
        for encoder, order in product((*MAP_ENCODERS, ENCODERS[1]), ("cnn-lstm", "lstm", "parallel", "cnn"))
    ],
    *[
        point(EXTRACTORS[0], BilstmConfig(hidden=3, layers=2, states=states), order=order, pooling=pooling)
        for states, order, pooling in product(("cell", "both"), ORDERS[:3], ("last", "attention"))
    ],
    *[point(EXTRACTORS[0], ENCODERS[1], order=order, pooling="last", steps="shuffled") for order in ORDERS],
    point(EXTRACTORS[1], ENCODERS[0], kind="text", frame=(), pooling="attention", steps="shuffled"),
    point(FRAMES[1], ENCODERS[2], kind="clips", frame=(2, 4, 6), steps="shuffled"),
    point(EXTRACTORS[2], ENCODERS[1], order="cnn-lstm", repeat=3, pooling="max"),
    point(EXTRACTORS[2], ENCODERS[0], order="parallel", repeat=2, pooling="mean"),
]


def every(points):
    ids = [f"{index}-{each.name}-{each.model.pooling}" for index, each in enumerate(points)]
    return pytest.mark.parametrize("blueprint", points, ids=ids)


every_point = every(POINTS)
in_front = every(
    [each for each in POINTS if each.model.order in ("cnn-lstm", "cnn") and each.model.repeat == 1]
)


def streams(blueprint):
    """Return a batch as it is read: 0 behind each sample."""
    generator = torch.Generator().manual_seed(1)
    stream = blueprint.stream
    there = torch.arange(WINDOW) < LENGTHS[:, None]
    if stream.kind == "text":
        return torch.randint(1, stream.vocabulary, (len(LENGTHS), WINDOW), generator=generator) * there
    x = torch.randn(len(LENGTHS), WINDOW, *stream.frame, generator=generator)
    return x * there.reshape(*there.shape, *[1] * len(stream.frame))


def spoilt(x, more=6):
    """Return the batch with more padding and anything at all in it."""
    garbage = [7, 3] if x.ndim == 2 else [torch.nan, 1e6, -torch.inf]
    longer = torch.cat([x, x.new_zeros(len(x), more, *x.shape[2:])], dim=1)
    for sample, length in enumerate(LENGTHS.tolist()):
        for step in range(length, longer.shape[1]):
            longer[sample, step] = garbage[step % len(garbage)]
    return longer


def trained(blueprint, x):
    """Return answer, gradients and statistics of a step of training, with what it draws at random."""
    net = build_net(blueprint, seed=0).train()
    torch.manual_seed(4)
    answer = net(x, LENGTHS)
    net.head.loss(answer, torch.tensor([0, 1, 2, 1, 0])).backward()
    gradients = {name: weight.grad for name, weight in net.named_parameters()}
    return answer, gradients, dict(net.named_buffers())


def close(found, expected):
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_every_kind_and_every_order_is_covered():
    kinds = {type(each.extraction) for each in POINTS}, {type(each.temporal) for each in POINTS}

    assert kinds[0] == set(get_args(get_args(ExtractionConfig)[0]))
    assert kinds[1] == set(get_args(get_args(TemporalConfig)[0]))
    assert {(each.model.order, each.model.pooling) for each in POINTS} == set(product(ORDERS, POOLINGS))


@every_point
def test_padding_changes_no_prediction(blueprint):
    net = build_net(blueprint, seed=0).eval()

    answer = net(streams(blueprint), LENGTHS)

    assert answer.isfinite().all()
    close(net(spoilt(streams(blueprint)), LENGTHS), answer)


@every_point
def test_padding_changes_nothing_that_training_sees(blueprint):
    answer, gradients, statistics = trained(blueprint, streams(blueprint))

    found = trained(blueprint, spoilt(streams(blueprint)))

    close(found[0], answer)
    assert gradients.keys() == found[1].keys()
    for name, gradient in gradients.items():
        close(found[1][name], gradient)
    for name, statistic in statistics.items():
        close(found[2][name], statistic)


@every_point
def test_a_sample_is_answered_in_a_batch_as_it_is_alone(blueprint):
    net = build_net(blueprint, seed=0).eval()
    x = streams(blueprint)

    together = net(x, LENGTHS)

    for sample, length in enumerate(LENGTHS.tolist()):
        alone = net(x[sample : sample + 1, :length], torch.tensor([length]))
        close(alone, together[sample : sample + 1])


@every_point
def test_samples_of_full_length_are_answered_as_without_lengths(blueprint):
    net = build_net(blueprint, seed=0).eval()
    x = streams(blueprint)[2:3]

    close(net(x, LENGTHS[2:3]), net(x))


@in_front
def test_features_computed_once_give_the_same_answer(blueprint):
    net = build_net(blueprint, seed=0).eval()
    x = streams(blueprint)

    features = net.features(x, LENGTHS)
    lengths = net.extractor.count_lengths(LENGTHS)
    answer = FrozenNet(net)(features, lengths)

    close(answer, net(x, LENGTHS))
    assert not features[torch.arange(features.shape[1]) >= lengths[:, None]].any(), (
        "nothing is where nothing was"
    )


def test_batch_normalisation_counts_the_steps_that_are_there_and_no_others():
    norm = BatchNormInput((1,))
    x = torch.tensor([[1.0, 3.0, 100.0], [5.0, 100.0, 100.0]]).unsqueeze(-1)

    normed = norm(x, torch.tensor([2, 1]))

    assert norm.norm.running_mean.item() == pytest.approx(0.1 * 3.0)  # a tenth of the way from 0 to the mean
    assert norm.norm.running_var.item() == pytest.approx(0.9 + 0.1 * 4.0)
    expected = torch.tensor([[-2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]) / (8 / 3) ** 0.5
    torch.testing.assert_close(normed[..., 0], expected)


def test_the_level_of_a_window_is_that_of_the_steps_that_are_there():
    x = torch.tensor([[[1.0], [3.0], [torch.nan]]])

    level = WindowLevel.of(x, torch.tensor([2]))

    assert level.centre.item() == 2.0 and level.spread.item() == pytest.approx(1.0, abs=1e-4)


def test_a_sample_shorter_than_the_pooling_keeps_one_step():
    config = Conv1dConfig(features=(6,), kernel=4, stride=2, convolutions=2, pool=3)
    extractor = build_net(point(config, ENCODERS[0], order="cnn"), seed=0).extractor

    assert extractor.count_lengths(torch.tensor([1, 2, 12])).tolist() == [1, 1, 1]
    assert extractor(torch.randn(2, 2, 3), torch.tensor([1, 2])).shape == (2, 1, 6)
