import json

import pytest
import torch

from pipeline.foundation.errors import DataError
from pipeline.model.build import build_net
from pipeline.model.frozen import FrozenNet
from pipeline.model.inputs import Beside
from pipeline.model.saved import load_extractor, load_model, save_extractor, save_model


def test_a_saved_network_is_rebuilt_from_its_folder_alone(classifier, batch, tmp_path):
    blueprint = classifier(input_norm="batch", dropout=0.3)
    net = build_net(blueprint, seed=0)
    net(batch(blueprint, 16))  # moves the running statistics of batch normalisation

    save_model(net, blueprint, tmp_path)

    x = batch(blueprint)
    assert torch.equal(load_model(tmp_path)(x), net.eval()(x))


def test_equal_networks_give_equal_files(forecaster, tmp_path):
    blueprint = forecaster()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        save_model(build_net(blueprint, seed=0), blueprint, tmp_path / name)

    for name in ("model.json", "model.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_extractor_takes_its_weights_into_a_network_of_another_order(forecaster, batch, tmp_path):
    probe = build_net(forecaster(order="cnn", pooling="mean", input_norm="batch"), seed=0)
    probe(batch(forecaster(), 16))
    net = build_net(forecaster(order="cnn-lstm", input_norm="batch"), seed=9)
    save_extractor(probe, tmp_path / "extractor.safetensors")

    load_extractor(net, tmp_path / "extractor.safetensors")

    x = batch(forecaster())
    assert torch.equal(net.eval().features(x), probe.eval().features(x))


@pytest.mark.parametrize("input_norm", ["none", "batch", "instance"])
def test_a_frozen_network_answers_features_as_the_whole_one_answers_streams(forecaster, batch, input_norm):
    blueprint = forecaster(input_norm=input_norm)
    net = build_net(blueprint, seed=0).eval()
    x = batch(blueprint)

    answer = FrozenNet(net)(net.features(x), beside=Beside(windows=x if net.needs_windows else None))

    torch.testing.assert_close(answer, net(x))


def test_a_frozen_extractor_gets_no_gradient_and_everything_else_does(forecaster, batch):
    blueprint = forecaster(input_norm="batch")
    net = build_net(blueprint, seed=0)
    frozen = FrozenNet(net)

    frozen(net.features(batch(blueprint)).detach()).sum().backward()

    still = {name for name, weight in net.named_parameters() if weight.grad is None}
    assert still == {
        name
        for name, _ in net.named_parameters()
        if name.startswith(("chains.0.norm", "chains.0.branches.0.rooms.0"))
    }


def test_weights_of_another_network_are_refused_with_what_differs(forecaster, tmp_path):
    save_model(build_net(forecaster(), seed=0), forecaster(), tmp_path)
    other = forecaster(pooling="flatten")
    (tmp_path / "model.json").write_text(other.model_dump_json())

    with pytest.raises(DataError, match=r"weights of another network: head.linear.weight"):
        load_model(tmp_path)


def test_a_damaged_file_is_refused_in_a_sentence(forecaster, tmp_path):
    save_model(build_net(forecaster(), seed=0), forecaster(), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(DataError, match="cannot be read as safetensors"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"model": 3})])
def test_a_folder_without_a_description_is_refused_in_a_sentence(tmp_path, text):
    if text:
        (tmp_path / "model.json").write_text(text)

    with pytest.raises(DataError, match="does not describe a network"):
        load_model(tmp_path)


def test_missing_weights_are_named(forecaster, tmp_path):
    net = build_net(forecaster(), seed=0)

    with pytest.raises(DataError, match=r"nowhere.safetensors does not exist"):
        load_extractor(net, tmp_path / "nowhere.safetensors")
