"""A network as ONNX: other batches, other lengths and whatever lies behind a sample give what PyTorch gives."""

import numpy as np
import onnxruntime as ort
import pytest
import torch

from pipeline.export.graph import least_steps, to_onnx
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.extraction.config_vectors import (
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    ResidualConfig,
    RocketConfig,
)
from pipeline.foundation.errors import ConfigError
from pipeline.heads.config import ClassifyConfig, ForecastConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.meta import SecondMeta, StreamMeta
from pipeline.temporal.config import BilstmConfig, ConvLstmConfig, GruConfig, LstmConfig, RnnConfig

WINDOW = 12
LENGTHS = (7, 2, WINDOW, 1, 5)
CONV = Conv1dConfig(features=(6, 5))


def stream(*, kind="series", frame=(3,), ragged=True, **more):
    text = kind == "text"
    return StreamMeta(
        kind=kind, head=more.pop("head", "classify"), window=WINDOW, ragged=ragged, frame=frame,
        channels=tuple("abc"[: frame[0]]) if frame else (), vocabulary=9 if text else 0,
        dimensions=4 if text else 0, classes=more.pop("classes", ("no", "yes", "perhaps")),
        offset=(0.0,) * 3, scale=(1.0,) * 3, counts={"train": 30, "val": 10, "test": 10}, **more,
    )  # fmt: skip


def network(meta, extraction=CONV, temporal=None, heads=None, **model):
    blueprint = Blueprint(
        stream=meta, model=ModelConfig(**model), extraction=extraction,
        temporal=temporal or LstmConfig(hidden=5), heads=heads or ClassifyConfig(),
    )  # fmt: skip
    net = build_net(blueprint, seed=1)
    torch.manual_seed(1)
    for parameter in net.parameters():  # weights at which inputs matter
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return net.eval()


RAGGED = {
    "lstm alone": (stream(), {"order": "lstm"}),
    "cnn alone": (stream(), {"order": "cnn", "pooling": "max"}),
    "cnn then bilstm of two layers": (stream(), {"temporal": BilstmConfig(hidden=3, layers=2)}),
    "gru, attention": (stream(), {"temporal": GruConfig(hidden=3, layers=2), "pooling": "attention"}),
    "rnn, mean": (stream(), {"temporal": RnnConfig(hidden=3), "pooling": "mean"}),
    "all steps kept": (stream(), {"pooling": "flatten"}),
    "batch norm, parallel": (stream(), {"input_norm": "batch", "order": "parallel"}),
    "lstm then cnn, twice": (
        stream(),
        {"order": "lstm-cnn", "repeat": 2, "extraction": Conv1dConfig(features=(6,))},
    ),
    "kernels": (stream(), {"extraction": KernelsConfig(widths=(2, 5), filters=3)}),
    "fcn": (stream(), {"extraction": FcnConfig(features=(6, 4), kernels=(4, 3), squeeze=2)}),
    "residual": (stream(), {"extraction": ResidualConfig(features=(4, 5), kernels=(4, 3), pool=2)}),
    "inception": (
        stream(),
        {"extraction": InceptionConfig(modules=2, filters=2, kernels=(7, 4), bottleneck=2, residual=2)},
    ),
    "rocket": (
        stream(),
        {"extraction": RocketConfig(dilations=(1, 2)), "order": "parallel", "pooling": "mean"},
    ),
    "tokens": (stream(kind="text", frame=()), {"temporal": BilstmConfig(hidden=3)}),
    "clips": (stream(kind="clips", frame=(1, 8, 8)), {"extraction": Conv2dConfig(features=(4,))}),
}


def answered(net, steps, lengths):
    with torch.no_grad():
        return net.head.decode(net(torch.from_numpy(steps), torch.tensor(lengths))).numpy()


def some_steps(meta):
    random = np.random.default_rng(3)
    shape = (len(LENGTHS), WINDOW, *meta.frame)
    if meta.kind == "text":
        return random.integers(2, 9, shape)
    return random.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("name", RAGGED)
def test_samples_of_unequal_length_are_answered_alike_in_any_batch_and_with_any_padding(name):
    meta, settings = RAGGED[name]
    net, steps = network(meta, **settings), some_steps(meta)
    session = ort.InferenceSession(to_onnx(net, meta))
    least = least_steps(net.all_chains, WINDOW)
    wanted = answered(net, steps, list(LENGTHS))

    for which, width in (([0, 1, 2, 3, 4], WINDOW), ([1], 2), ([3], 1), ([4, 0], 7), ([2, 3], WINDOW + 5)):
        width = max(width, least)
        batch = np.full((len(which), width, *meta.frame), 5, steps.dtype)  # what lies behind is no zero
        for place, sample in enumerate(which):
            batch[place, : LENGTHS[sample]] = steps[sample, : LENGTHS[sample]]
        lengths = np.array([LENGTHS[sample] for sample in which])
        (found,) = session.run(["answer"], {"steps": batch, "lengths": lengths})
        np.testing.assert_allclose(found, wanted[which], atol=2e-6)
    assert np.ptp(wanted, axis=0).max() > 1e-3


def test_a_second_stream_and_static_columns_are_inputs_of_their_own():
    second = SecondMeta(window=20, vocabulary=7, dimensions=3)
    meta = stream(kind="text", frame=(), second=second, static=("age", "sex"))
    net = network(meta)
    session = ort.InferenceSession(to_onnx(net, meta))

    names = [each.name for each in session.get_inputs()]
    given = {
        "steps": np.array([[2, 3, 4, 5]]), "lengths": np.array([3]), "second": np.array([[2, 3, 4, 5, 6]]),
        "second_lengths": np.array([4]), "static": np.array([[0.5, 1.0]], np.float32),
    }  # fmt: skip
    (answer,) = session.run(None, given)
    (other,) = session.run(None, {**given, "static": np.array([[-2.0, 0.0]], np.float32)})

    assert names == list(given)
    assert answer.sum() == pytest.approx(1.0)
    assert np.abs(answer - other).max() > 1e-6


@pytest.mark.parametrize("channels", ["together", "each"])
def test_quantile_forecasts_at_the_level_of_each_window_are_carried(channels):
    heads = ForecastConfig(horizon=4, loss="pinball")
    meta = stream(ragged=False, head="forecast", classes=(), targets=(2, 0), horizon=4)
    net = network(meta, heads=heads, input_norm="instance", channels=channels, highway="linear")
    steps = some_steps(meta)

    (found,) = ort.InferenceSession(to_onnx(net, meta)).run(None, {"steps": steps})

    with torch.no_grad():
        wanted = net.head.decode(net(torch.from_numpy(steps))).numpy()
    assert found.shape == (len(steps), 4, 2, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("states", ["cell", "both"])
def test_the_cell_of_an_lstm_is_carried_where_samples_have_one_length(states):
    meta = stream(ragged=False)
    net, steps = network(meta, temporal=LstmConfig(hidden=3, states=states)), some_steps(meta)

    (found,) = ort.InferenceSession(to_onnx(net, meta)).run(None, {"steps": steps[:2]})

    with torch.no_grad():
        wanted = net.head.decode(net(torch.from_numpy(steps[:2]))).numpy()
    np.testing.assert_allclose(found, wanted, atol=2e-6)


def test_what_onnx_cannot_carry_is_one_sentence_that_names_the_setting():
    maps = {"extraction": Conv2dConfig(features=(3,), steps="maps"), "temporal": ConvLstmConfig(hidden=3)}
    refused = {
        "temporal.states=both": (stream(), {"temporal": LstmConfig(hidden=3, states="both")}),
        "temporal.kind=convlstm": (stream(kind="clips", frame=(1, 8, 8)), maps),
        "model.steps=shuffled": (stream(), {"steps": "shuffled"}),
    }

    for setting, (meta, settings) in refused.items():
        with pytest.raises(ConfigError, match=setting) as told:
            to_onnx(network(meta, **settings), meta)
        assert "\n" not in str(told.value)


def test_equal_networks_give_equal_bytes():
    meta = stream()

    assert to_onnx(network(meta), meta) == to_onnx(network(meta), meta)
