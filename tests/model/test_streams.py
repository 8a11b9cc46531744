"""Several streams and static columns meet before the head, and nowhere else."""

import pytest
import torch
from torch import nn

from pipeline.extraction.config import Conv1dConfig
from pipeline.foundation.errors import ConfigError
from pipeline.heads.config import ClassifyConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.frozen import FrozenNet
from pipeline.model.inputs import Beside, Stream
from pipeline.model.saved import load_model, save_model
from pipeline.preprocessing.meta import SecondMeta, StreamMeta
from pipeline.temporal.config import LstmConfig

ORDERS = ("cnn-lstm", "lstm-cnn", "parallel", "cnn", "lstm")
LENGTHS, SECOND_LENGTHS = torch.tensor([5, 2, 7]), torch.tensor([9, 12, 3])
STATIC = torch.tensor([[0.5, 1.0], [-1.0, 0.0], [2.0, 1.0]])


def two_texts(**model):
    """Return the blueprint of a text in words and in characters, with two static columns."""
    stream = StreamMeta(
        kind="text",
        head="classify",
        window=7,
        ragged=True,
        frame=(),
        channels=(),
        classes=("no", "yes"),
        vocabulary=20,
        dimensions=6,
        second=SecondMeta(window=12, vocabulary=9, dimensions=4),
        static=("age", "sex=f"),
        offset=(),
        scale=(),
        counts={"train": 30, "val": 10, "test": 10},
        class_counts=(20, 10),
    )
    return Blueprint(
        stream=stream,
        model=ModelConfig(**model),
        extraction=Conv1dConfig(features=(5,)),
        temporal=LstmConfig(hidden=6),
        heads=ClassifyConfig(),
    )


def texts(longest=7, second_longest=12):
    """Return ids of both streams; what lies behind the lengths is 0."""
    generator = torch.Generator().manual_seed(2)
    first = torch.randint(1, 20, (3, 7), generator=generator)
    second = torch.randint(1, 9, (3, 12), generator=generator)
    first = first * (torch.arange(7) < LENGTHS[:, None])
    second = second * (torch.arange(12) < SECOND_LENGTHS[:, None])
    return nn.functional.pad(first, (0, longest - 7)), nn.functional.pad(second, (0, second_longest - 12))


@pytest.mark.parametrize("streams", ["each", [["a", "c"], ["b"]], [["c"]]])
@pytest.mark.parametrize("order", ORDERS)
def test_no_stream_sees_the_channels_of_another_before_they_are_joined(forecaster, batch, order, streams):
    blueprint = forecaster(order=order, streams=streams, input_norm="batch", pooling="mean")
    net = build_net(blueprint, seed=0)
    x = batch(blueprint).requires_grad_()

    seen = []
    for chain in net.chains:
        (gradient,) = torch.autograd.grad(chain(x).square().sum(), x)
        seen.append(gradient.abs().amax(dim=(0, 1)) > 0)

    together = torch.stack(seen).int()
    assert together.sum(dim=0).tolist() == [1, 1, 1], "each channel is read by one chain"
    groups = {"each": [[0], [1], [2]], 2: [[0, 2], [1]], 1: [[2], [0, 1]]}
    own = groups[streams if isinstance(streams, str) else len(streams)]
    assert [row.nonzero()[:, 0].tolist() for row in together] == own


def test_bands_of_images_are_streams_like_channels(classifier, batch):
    blueprint = classifier(frame=(4, 8, 8), streams=[["c0"], ["c1", "c3"]])
    net = build_net(blueprint, seed=0)
    x = batch(blueprint)

    changed = x.clone()
    changed[:, :, 2] += 1.0

    assert [len(chain.channels) for chain in net.chains] == [1, 2, 1]
    same = [torch.equal(chain(x), chain(changed)) for chain in net.eval().chains]
    assert same == [True, True, False]
    assert blueprint.name == "cnn-lstm (conv2d, lstm, 3 streams)"


def test_streams_have_weights_of_their_own(forecaster):
    net = build_net(forecaster(streams="each"), seed=0)

    first, second, third = (chain.extractor.blocks[0][0].weight for chain in net.chains)

    assert not torch.equal(first, second) and not torch.equal(second, third)


@pytest.mark.parametrize("streams", ["each", [["b"]]])
def test_a_forecast_of_streams_is_put_back_to_the_level_of_its_windows(forecaster, batch, streams):
    blueprint = forecaster(streams=streams, input_norm="instance")
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)

    moved = net(x * 10.0 + 3.0)

    torch.testing.assert_close(moved, net(x) * 10.0 + 3.0, rtol=1e-3, atol=1e-3)


def test_an_unknown_channel_is_named_beside_those_that_are_there(forecaster):
    with pytest.raises(ConfigError, match="'close' is no channel; there are: a, b, c"):
        build_net(forecaster(streams=[["close"]]), seed=0)


def test_streams_need_channels_to_divide():
    with pytest.raises(ConfigError, match="divides the channels of a step"):
        build_net(two_texts(streams="each"), seed=0)


@pytest.mark.parametrize("order", ORDERS)
def test_padding_of_either_stream_changes_nothing(order):
    net = build_net(two_texts(order=order, pooling="mean"), seed=0).eval()
    first, second = texts()
    longer, second_longer = texts(11, 20)

    answer = net(first, LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC))
    padded = net(longer, LENGTHS, Beside(Stream(second_longer, SECOND_LENGTHS), STATIC))

    torch.testing.assert_close(padded, answer)


@pytest.mark.parametrize("order", ORDERS)
def test_a_sample_of_two_streams_alone_answers_as_in_a_batch(order):
    net = build_net(two_texts(order=order, pooling="attention"), seed=0).eval()
    first, second = texts()

    together = net(first, LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC))

    for row in range(3):
        own, other = slice(row, row + 1), slice(0, int(SECOND_LENGTHS[row]))
        beside = Beside(Stream(second[own, other], SECOND_LENGTHS[own]), STATIC[own])
        alone = net(first[own, : int(LENGTHS[row])], LENGTHS[own], beside)
        torch.testing.assert_close(alone, together[own], atol=1e-5, rtol=1e-4)


def test_each_part_has_its_say_in_the_answer():
    net = build_net(two_texts(), seed=0).eval()
    first, second = texts()
    answer = net(first, LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC))

    other_static = net(first, LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC + 1))
    other_second = net(first, LENGTHS, Beside(Stream(second.clamp(max=1), SECOND_LENGTHS), STATIC))
    other_first = net(first.clamp(max=1), LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC))

    assert not any(torch.allclose(answer, other) for other in (other_static, other_second, other_first))


def test_static_columns_go_with_every_channel_that_is_a_sample_of_its_own(forecaster, batch):
    plain = forecaster(channels="each")
    blueprint = plain.model_copy(update={"stream": plain.stream.model_copy(update={"static": ("age",)})})
    net = build_net(blueprint, seed=0).eval()
    x, ages = batch(blueprint), torch.arange(5.0)[:, None]

    together = net(x, None, Beside(static=ages))

    for row in range(5):
        alone = net(x[row : row + 1], None, Beside(static=ages[row : row + 1]))
        torch.testing.assert_close(alone, together[row : row + 1])


def test_a_network_of_several_streams_is_rebuilt_from_its_folder(tmp_path):
    blueprint = two_texts(embedding="tuned")
    net = build_net(blueprint, seed=4).eval()
    first, second = texts()
    save_model(net, blueprint, tmp_path)

    again = load_model(tmp_path)

    beside = Beside(Stream(second, SECOND_LENGTHS), STATIC)
    assert torch.equal(again(first, LENGTHS, beside), net(first, LENGTHS, beside))
    assert blueprint.name == "cnn-lstm (conv1d, lstm, 2 streams, static)"


@pytest.mark.parametrize("order", ["cnn-lstm", "cnn"])
def test_features_of_both_streams_answer_as_the_streams_do(order):
    net = build_net(two_texts(order=order, pooling="max"), seed=0).eval()
    first, second = texts()
    features = net.features(first, LENGTHS)
    other = Stream(
        net.second.features(second, SECOND_LENGTHS), net.second.extractor.count_lengths(SECOND_LENGTHS)
    )

    answer = FrozenNet(net)(features, net.extractor.count_lengths(LENGTHS), Beside(other, STATIC))

    torch.testing.assert_close(answer, net(first, LENGTHS, Beside(Stream(second, SECOND_LENGTHS), STATIC)))
    trained = {name for name, weight in net.named_parameters() if weight.requires_grad}
    assert not any(".embedding." in name or "rooms.0" in name for name in trained)


def test_features_of_streams_by_channels_answer_as_the_streams_do(forecaster, batch):
    blueprint = forecaster(streams=[["a"], ["b", "c"]])
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)

    answer = FrozenNet(net)(net.features(x))

    torch.testing.assert_close(answer, net(x))
