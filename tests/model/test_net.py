"""What every point of the grammar promises: orders, repeats, poolings, kinds of frames, input norms."""

from typing import get_args

import pytest
import torch
from torch import nn

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.foundation.errors import ConfigError, ShapeError
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.temporal.config import BilstmConfig, ConvLstmConfig, LstmConfig

NARROW = Conv1dConfig(features=(6,), pool=1)
MAPS = Conv2dConfig(features=(4,), steps="maps")
CLIP = {"window": 4, "frame": (3, 4, 4)}
POINTS = [
    ("forecaster", {"order": "cnn-lstm"}),
    ("forecaster", {"order": "lstm-cnn", "pooling": "mean"}),
    ("forecaster", {"order": "parallel", "pooling": "attention", "dropout": 0.2}),
    ("forecaster", {"order": "cnn", "pooling": "max", "input_norm": "batch"}),
    ("forecaster", {"order": "lstm", "pooling": "flatten", "input_norm": "instance"}),
    ("forecaster", {"order": "cnn-lstm", "pooling": "flatten", "channels": "each", "input_norm": "instance"}),
    ("forecaster", {"order": "parallel", "channels": "each", "input_norm": "batch"}),
    ("forecaster", {"order": "cnn-lstm", "repeat": 3, "extraction": NARROW}),
    ("forecaster", {"order": "lstm-cnn", "repeat": 3, "extraction": NARROW}),
    ("forecaster", {"order": "parallel", "repeat": 2, "extraction": NARROW}),
    ("forecaster", {"order": "cnn-lstm", "temporal": BilstmConfig(hidden=5)}),
    ("classifier", {"order": "cnn-lstm"}),
    ("classifier", {"order": "cnn", "pooling": "attention", "input_norm": "batch"}),
    ("classifier", {"order": "cnn-lstm", "window": 4, "frame": (3, 4, 4), "pooling": "mean"}),
    ("classifier", {"order": "parallel", "window": 4, "frame": (3, 4, 4), "pooling": "max"}),
    ("classifier", {"order": "lstm", "window": 4, "frame": (3, 4, 4)}),
    ("classifier", {"order": "lstm-cnn", "window": 4, "frame": (3, 4, 4), "extraction": NARROW}),
    ("classifier", {"order": "lstm-cnn", "window": 8, "frame": (8,), "input_norm": "batch", "dropout": 0.1}),
    ("classifier", {**CLIP, "extraction": MAPS, "temporal": ConvLstmConfig(hidden=4)}),
    ("classifier", {**CLIP, "order": "lstm", "temporal": ConvLstmConfig(hidden=4, read="flatten")}),
    ("classifier", {**CLIP, "order": "cnn", "extraction": MAPS, "pooling": "attention"}),
    ("forecaster", {"temporal": LstmConfig(hidden=5, states="both"), "pooling": "attention"}),
    ("forecaster", {"order": "lstm-cnn", "steps": "shuffled", "input_norm": "instance"}),
    ("classifier", {"order": "lstm", "window": 8, "frame": (8,), "steps": "shuffled"}),
]
every_point = pytest.mark.parametrize(
    ("kind", "settings"),
    POINTS,
    ids=[f"{index}-{settings.get('order', 'cnn-lstm')}" for index, (_, settings) in enumerate(POINTS)],
)


@pytest.fixture
def blueprint(request, kind, settings):
    return request.getfixturevalue(kind)(**settings)


@pytest.mark.parametrize("setting", ["order", "pooling", "input_norm", "channels", "steps"])
def test_every_value_of_every_setting_is_covered(setting):
    field = ModelConfig.model_fields[setting]

    assert {settings.get(setting, field.default) for _, settings in POINTS} == set(get_args(field.annotation))


@every_point
def test_the_answer_has_one_row_per_sample(blueprint, batch):
    answer = build_net(blueprint, seed=0)(batch(blueprint, 5))

    assert answer.shape == ((5, 4, 2) if blueprint.stream.head == "forecast" else (5, 2))
    assert answer.isfinite().all()


@pytest.mark.parametrize("channels", ["together", "each"])
def test_quantiles_come_back_at_the_level_of_their_window_and_do_not_cross(forecaster, batch, channels):
    blueprint = forecaster(loss="pinball", input_norm="instance", channels=channels, targets=(2, 0))
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)

    answer, moved = net(x), net(3.0 * x + 100.0)

    assert answer.shape == (5, 4, 2, 3) and (answer.diff(dim=3) > 0).all()
    torch.testing.assert_close(moved, 3.0 * answer + 100.0, rtol=1e-4, atol=1e-3)


@every_point
def test_samples_do_not_see_each_other(blueprint, batch):
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint, 4)

    together = net(x)

    for index in range(len(x)):
        torch.testing.assert_close(together[index : index + 1], net(x[index : index + 1]))


@every_point
def test_a_gradient_reaches_every_weight(blueprint, batch):
    net = build_net(blueprint, seed=0)

    answer = net(batch(blueprint, 8))
    (answer * torch.randn_like(answer)).sum().backward()

    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@every_point
def test_the_same_seed_gives_the_same_network_whatever_was_drawn_before(blueprint, batch):
    first = build_net(blueprint, seed=3).eval()
    torch.rand(7)
    second, other = build_net(blueprint, seed=3).eval(), build_net(blueprint, seed=4).eval()

    x = batch(blueprint)
    assert torch.equal(first(x), second(x))
    assert not torch.equal(first(x), other(x))


@every_point
def test_the_blueprint_survives_json(blueprint):
    assert Blueprint.model_validate_json(blueprint.model_dump_json()) == blueprint


def test_building_a_network_leaves_the_random_state_alone(forecaster):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    build_net(forecaster(), seed=0)

    assert torch.equal(torch.rand(3), expected)


def test_a_window_at_another_level_gets_the_same_forecast_at_that_level(forecaster, batch):
    blueprint = forecaster(input_norm="instance", targets=(2, 0))
    net = build_net(blueprint, seed=0).eval()
    x = 10 * batch(blueprint)
    scale, offset = torch.tensor([2.0, 3.0, 5.0]), torch.tensor([100.0, -70.0, 40.0])

    moved = net(x * scale + offset)

    expected = net(x) * scale[[2, 0]] + offset[[2, 0]]
    torch.testing.assert_close(moved, expected, rtol=1e-4, atol=1e-2)


def test_a_constant_window_gets_a_finite_forecast(forecaster):
    net = build_net(forecaster(input_norm="instance"), seed=0).eval()

    answer = net(torch.full((2, 16, 3), 7.0))

    assert answer.isfinite().all()


def test_channels_read_each_on_its_own_do_not_see_each_other(forecaster, batch):
    blueprint = forecaster(channels="each", targets=(0, 1, 2))
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)
    changed = x.clone()
    changed[..., 1] += 1.0

    difference = (net(x) - net(changed)).abs().amax(dim=(0, 1))

    assert difference[0] == difference[2] == 0 and difference[1] > 0


def test_channels_read_each_on_its_own_share_one_network(forecaster, batch):
    blueprint = forecaster(channels="each", targets=(0, 1, 2))
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)

    rolled = net(x.roll(1, dims=2))

    torch.testing.assert_close(rolled, net(x).roll(1, dims=2))


def test_together_every_channel_counts_for_every_target(forecaster, batch):
    blueprint = forecaster(channels="together")
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)
    changed = x.clone()
    changed[..., 1] += 1.0  # channel b is no target

    assert ((net(x) - net(changed)).abs().amax(dim=(0, 1)) > 0).all()


def test_the_published_seed_model_is_a_point_of_the_grammar(classifier):
    """Batch norm → LSTM (tanh, dropout) → Conv1D (ReLU) → dropout → dense, stacked three times."""
    net = build_net(
        classifier(
            window=28, frame=(28,), order="lstm-cnn", repeat=3, input_norm="batch",
            temporal=LstmConfig(hidden=16, dropout=0.2),
            extraction=Conv1dConfig(features=(16,), pool=1, normalisation="none", dropout=0.2),
        ),
        seed=0,
    )  # fmt: skip

    leaves = [type(layer) for layer in net.modules() if not list(layer.children())]

    block = [nn.LSTM, nn.Dropout, nn.Conv1d, nn.ReLU, nn.Dropout]
    built = [kind for kind in leaves if kind.__module__.startswith("torch.nn")]
    assert built == [nn.BatchNorm1d, *block * 3, nn.Dropout, nn.Linear]


def test_pooling_that_leaves_no_step_of_a_stack_names_the_settings(forecaster):
    blueprint = forecaster(order="lstm-cnn", repeat=3, extraction=Conv1dConfig(features=(8, 8), pool=2))

    with pytest.raises(ConfigError, match=r"extraction.pool=2 .* leaves nothing of 1 steps"):
        build_net(blueprint, seed=0)


def test_images_cannot_be_convolved_after_a_recurrence(classifier):
    blueprint = classifier(
        window=4, frame=(1, 4, 4), order="lstm-cnn", extraction=Conv2dConfig(features=(4,))
    )

    with pytest.raises(ShapeError, match=r"extraction.kind=conv2d reads images"):
        build_net(blueprint, seed=0)
