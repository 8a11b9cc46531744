"""Extractors have the parameters of the published networks, and take their weights from a file of torchvision."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config_frames import ConvnextConfig, ResnetConfig, VggConfig
from pipeline.extraction.published import translated

SPEC = importlib.util.spec_from_file_location("shapes", Path(__file__).with_name("shapes.py"))
shapes = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(shapes)

COLOURED, GREY = (3, 224, 224), (1, 64, 64)
TINY = ConvnextConfig(features=(96, 192, 384, 768), blocks=(3, 3, 9, 3))
NETWORKS = {
    "vgg16": (VggConfig(normalisation="none"), shapes.vgg(shapes.VGG16, normalised=False)),
    "vgg16_bn": (VggConfig(), shapes.vgg(shapes.VGG16, normalised=True)),
    "vgg11": (VggConfig(depth=11, normalisation="none"), shapes.vgg(shapes.VGG11, normalised=False)),
    "resnet18": (ResnetConfig(), shapes.resnet18()),
    "convnext_tiny": (TINY, shapes.convnext_tiny()),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.mark.parametrize(
    ("config", "published"),
    [
        (VggConfig(depth=11, normalisation="none"), 9_220_480),
        (VggConfig(depth=16, normalisation="none"), 14_714_688),
        (VggConfig(depth=16), 14_723_136),
        (VggConfig(depth=19, normalisation="none"), 20_024_384),
        (ResnetConfig(depth=18), 11_176_512),
        (ResnetConfig(depth=34), 21_284_672),
        (TINY, 28_589_128 - (768 * 1000 + 1000 + 2 * 768)),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else str(value),
)
def test_a_network_of_full_width_has_the_published_number_of_parameters(config, published):
    extractor = build_extractor(config, COLOURED)

    assert sum(weight.numel() for weight in extractor.parameters()) == published


@pytest.mark.parametrize(
    ("config", "steps", "features"),
    [(VggConfig(steps="cells"), 49, 512), (ResnetConfig(steps="cells"), 49, 512), (TINY, 1, 768)],
)
def test_an_image_of_224_pixels_has_the_published_map(config, steps, features):
    extractor = build_extractor(config, COLOURED).eval()

    found = extractor(torch.zeros(1, 1, *COLOURED))

    assert found.shape == (1, steps, features)


@every_network
def test_published_weights_have_the_names_and_shapes_of_the_extractor(name):
    config, wanted = NETWORKS[name]
    extractor = build_extractor(config, COLOURED)

    taken = translated(shapes.drawn(wanted), extractor)

    extractor.load_state_dict(taken.tensors, strict=True)
    left = sum(part.startswith(("classifier", "fc")) for part in wanted)
    assert taken.told == f"{left} weights of its classifier were left out"


def test_a_grey_image_is_answered_as_the_same_image_in_three_equal_bands():
    config, wanted = NETWORKS["resnet18"]
    given = shapes.drawn(wanted)
    coloured, grey = build_extractor(config, (3, 64, 64)).eval(), build_extractor(config, GREY).eval()
    coloured.load_state_dict(translated(given, coloured).tensors)
    taken = translated(given, grey)

    grey.load_state_dict(taken.tensors)

    image = torch.randn(2, 1, *GREY, generator=torch.Generator().manual_seed(0))
    found, expected = grey(image), coloured(image.expand(2, 1, 3, 64, 64))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.detach().abs().max()))
    assert "the first layer was summed over its 3 bands" in taken.told


@pytest.mark.parametrize(
    ("name", "config"), [("vgg16_bn", VggConfig(levels=3)), ("resnet18", ResnetConfig(levels=2))]
)
def test_levels_that_are_not_used_are_left_in_the_file(name, config):
    extractor = build_extractor(config, GREY)

    taken = translated(shapes.drawn(NETWORKS[name][1]), extractor)

    extractor.load_state_dict(taken.tensors, strict=True)
    assert "weights of levels that are not used were left out" in taken.told


def test_resnet_with_published_weights_computes_what_the_paper_describes():
    given = shapes.drawn(shapes.resnet18())
    extractor = build_extractor(ResnetConfig(steps="cells"), (3, 64, 64)).eval()
    extractor.load_state_dict(translated(given, extractor).tensors)
    image = torch.randn(1, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    def normed(x, name):
        mean, variance, weight, bias = (
            given[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias)

    x = F.relu(normed(F.conv2d(image[:, 0], given["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, 1)
    for level in range(1, 5):
        for block in range(2):
            name, stride = f"layer{level}.{block}", 2 if level > 1 and block == 0 else 1
            inner = F.conv2d(x, given[f"{name}.conv1.weight"], stride=stride, padding=1)
            inner = F.conv2d(F.relu(normed(inner, f"{name}.bn1")), given[f"{name}.conv2.weight"], padding=1)
            if f"{name}.downsample.0.weight" in given:
                x = F.conv2d(x, given[f"{name}.downsample.0.weight"], stride=stride)
                x = normed(x, f"{name}.downsample.1")
            x = F.relu(normed(inner, f"{name}.bn2") + x)
    expected = x.flatten(2).transpose(1, 2)

    torch.testing.assert_close(extractor(image), expected, rtol=1e-3, atol=1e-4)
