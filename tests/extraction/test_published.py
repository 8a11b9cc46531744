"""Weights of each kind, counted as its paper counts them, for one channel unless said otherwise.

The totals of FCN, ResNet and InceptionTime are those that Ismail-Fawaz et al. (2023), "LITE", lists side by side;
they hold a bias per convolution, which the batch normalisation behind it takes away again and which is left out here.
"""

import pytest
import torch

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
)


def count(config, channels=1):
    return sum(weight.numel() for weight in build_extractor(config, (channels,)).parameters())


def test_fcn_has_the_published_weights_without_the_biases():
    assert count(FcnConfig()) == 264_704 - (128 + 256 + 128)


def test_residual_has_the_published_weights_without_the_biases():
    biases = (3 + 1) * 64 + (3 + 1) * 128 + 3 * 128  # the last block's shortcut has no convolution

    assert count(ResidualConfig()) == 504_000 - biases


def test_inception_has_the_published_weights_with_the_published_kernels():
    assert count(InceptionConfig(kernels=(40, 20, 10))) == 420_192


def test_odd_kernels_are_three_rows_of_weights_shorter_in_each_module():
    assert count(InceptionConfig()) == 420_192 - 3 * 32 - 5 * 3 * 32 * 32


@pytest.mark.parametrize("reduction", [4, 16])
def test_squeeze_and_excitation_adds_two_squares_over_the_reduction(reduction):
    added = count(FcnConfig(squeeze=reduction)) - count(FcnConfig())

    assert added == 2 * (128**2 + 256**2) // reduction


def test_kernels_has_a_filter_and_a_bias_for_each_feature_of_each_width():
    assert count(KernelsConfig(), channels=300) == 100 * sum(width * 300 + 1 for width in (3, 4, 5))


def test_a_patch_is_one_linear_layer():
    assert count(PatchConfig(filters=128), channels=1) == 16 * 128 + 128


def test_array_filters_see_steps_and_channels_and_are_as_many_however_many_channels_there_are():
    config = ArrayConfig(kernel=5, kernel_channels=3)

    assert count(config, 7) == count(config, 30) == 5 * 3 * 32 + 2 * 32 + 5 * 3 * 32 * 64 + 2 * 64


def test_decomposition_has_no_weights():
    assert count(DecompositionConfig(), 7) == 0


@pytest.mark.parametrize("changed", [{"dilation": 4}, {"causal": True}])
def test_dilated_and_causal_filters_start_from_the_very_weights_of_plain_ones(changed):
    weights = []
    for settings in ({}, changed):
        torch.manual_seed(0)
        weights.append(build_extractor(Conv1dConfig(**settings), (3,)).state_dict().values())

    assert all(torch.equal(first, second) for first, second in zip(*weights, strict=True))
