import json
import os

import pytest
import torch
from safetensors.torch import save_file

from pipeline.extraction.config_frames import ResnetConfig
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


def test_the_extractors_of_several_streams_of_images_take_their_weights(classifier, batch, tmp_path):
    blueprint = classifier(frame=(3, 8, 8), streams="each")
    net, other = build_net(blueprint, seed=0), build_net(blueprint, seed=9)
    save_extractor(net, tmp_path / "extractor.safetensors")

    load_extractor(other, tmp_path / "extractor.safetensors")

    x = batch(blueprint)
    assert torch.equal(other.eval().features(x), net.eval().features(x))


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


def _published(extractor, bands=3):
    """Return weights as torchvision names them: those of an extractor, with a classifier and other bands."""
    tensors = {name: torch.randn(tensor.shape) for name, tensor in extractor.state_dict().items()}
    first = next(name for name, tensor in tensors.items() if tensor.ndim == 4)
    count, _, *size = tensors[first].shape
    return tensors | {first: torch.randn(count, bands, *size), "fc.weight": torch.zeros(2, 3)}


@pytest.fixture
def small_resnet(classifier):
    return build_net(classifier(extraction=ResnetConfig(depth=10, levels=2, width=0.1)), seed=0)


@pytest.mark.parametrize("name", ["given.safetensors", "given.pth"])
def test_published_weights_are_read_from_both_kinds_of_file_and_what_was_left_is_told(
    small_resnet, tmp_path, name
):
    given = _published(small_resnet.extractor)
    (torch.save if name.endswith("pth") else save_file)(given, tmp_path / name)

    told = load_extractor(small_resnet, tmp_path / name)

    taken = small_resnet.extractor.state_dict()
    assert torch.equal(taken["layer2.0.conv1.weight"], given["layer2.0.conv1.weight"])
    assert torch.equal(taken["conv1.weight"], given["conv1.weight"].sum(dim=1, keepdim=True))
    assert told == (
        "1 weights of its classifier were left out; the first layer was summed over its 3 bands, since the images "
        "have one"
    )


def test_published_weights_of_another_network_are_refused_in_a_sentence(small_resnet, tmp_path):
    given = _published(small_resnet.extractor)
    given["layer1.0.conv1.weight"] = torch.zeros(9, 9, 3, 3)
    torch.save(given, tmp_path / "given.pth")

    with pytest.raises(DataError, match=r"another network: layer1\.0\.conv1\.weight is \(9, 9, 3, 3\) there"):
        load_extractor(small_resnet, tmp_path / "given.pth")


def test_a_file_of_torch_that_would_run_code_is_refused_and_runs_nothing(small_resnet, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/harm",)

    torch.save({"conv1.weight": Harmful()}, tmp_path / "given.pth")

    with pytest.raises(DataError, match="cannot be read as weights only"):
        load_extractor(small_resnet, tmp_path / "given.pth")

    assert not (tmp_path / "harm").exists()


def test_a_file_of_torch_without_names_is_refused(small_resnet, tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "given.pth")

    with pytest.raises(DataError, match="holds no weights by name"):
        load_extractor(small_resnet, tmp_path / "given.pth")
