"""What every extractor promises; a new kind is added to KINDS and gets all of it."""

from math import prod
from typing import get_args

import pytest
import torch

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import VECTOR_KINDS, Conv1dConfig, Conv2dConfig, ExtractionConfig
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
from pipeline.foundation.errors import ConfigError, ShapeError

VECTORS, IMAGES, VOLUMES = (3,), (2, 12, 9), (2, 5, 8, 6)
KINDS = [
    (Conv1dConfig(features=(8, 16)), VECTORS),
    (
        Conv1dConfig(features=(8,), kernel=8, stride=4, pool=1, normalisation="none", activation="gelu"),
        VECTORS,
    ),
    (Conv1dConfig(features=(4,), kernel=4, pool=3, convolutions=2, activation="tanh", dropout=0.2), VECTORS),
    (Conv1dConfig(features=(4, 6), kernel=4, dilation=3, pool=1), VECTORS),
    (Conv1dConfig(features=(4, 6), dilation=2, causal=True, stride=2, pool=1), VECTORS),
    (KernelsConfig(widths=(2, 3, 5), filters=4), VECTORS),
    (KernelsConfig(widths=(4,), filters=6, activation="tanh", dropout=0.2, pool=3), VECTORS),
    (FcnConfig(features=(6, 8), kernels=(8, 3)), VECTORS),
    (FcnConfig(features=(8, 6), kernels=(2, 5), squeeze=2, dropout=0.2, pool=2), VECTORS),
    (ResidualConfig(features=(4, 6, 6), kernels=(4, 3)), VECTORS),
    (ResidualConfig(features=(3,), kernels=(5,), dropout=0.2, pool=2), VECTORS),
    (InceptionConfig(modules=3, filters=3, kernels=(7, 4), bottleneck=2), VECTORS),
    (InceptionConfig(modules=2, filters=2, bottleneck=0, residual=1, dropout=0.2, pool=2), VECTORS),
    (InceptionConfig(modules=2, filters=2, kernels=(9, 3), residual=0), VECTORS),
    (RocketConfig(dilations=(1, 3), thresholds=2), VECTORS),
    (RocketConfig(dilations=(2,), differences=False, pool=2), VECTORS),
    (DecompositionConfig(average=5), VECTORS),
    (DecompositionConfig(average=4), VECTORS),
    (ArrayConfig(features=(4, 6)), VECTORS),
    (
        ArrayConfig(
            features=(4,),
            kernel=4,
            kernel_channels=2,
            pool=3,
            pool_channels=2,
            normalisation="none",
            dropout=0.2,
        ),
        VECTORS,
    ),
    (PatchConfig(filters=5, patch=4, stride=3), VECTORS),
    (PatchConfig(filters=5, patch=2, stride=2, activation="none", dropout=0.2), VECTORS),
    (Conv2dConfig(features=(4, 8)), IMAGES),
    (Conv2dConfig(features=(4, 8), steps="frames", normalisation="none"), IMAGES),
    (Conv2dConfig(features=(4,), steps="columns", kernel=2, stride=2, pool=1), IMAGES),
    (Conv2dConfig(features=(6,), steps="cells", pool=3, convolutions=2, dropout=0.2), IMAGES),
    (Conv2dConfig(features=(4, 3), steps="maps"), IMAGES),
    (Conv2dConfig(features=(4,), steps="frames", map_pooling="max"), IMAGES),
    (Conv3dConfig(features=(4, 6)), VOLUMES),
    (Conv3dConfig(features=(4,), steps="slices", kernel=2, normalisation="none", activation="gelu"), VOLUMES),
    (Conv3dConfig(features=(4,), steps="cells", stride=2, pool=1, convolutions=2, dropout=0.2), VOLUMES),
    (VggConfig(levels=3, width=0.1), IMAGES),
    (VggConfig(depth=11, levels=2, width=0.1, steps="cells", normalisation="none", dropout=0.2), IMAGES),
    (ResnetConfig(depth=10, levels=3, width=0.1, stem="small", steps="rows"), IMAGES),
    (ResnetConfig(width=0.05, map_pooling="max", dropout=0.2), IMAGES),
    (ConvnextConfig(features=(8, 12), blocks=(1, 2), patch=2, steps="columns"), IMAGES),
    (ConvnextConfig(features=(8,), blocks=(2,), dropout=0.2), IMAGES),
]
every_kind = pytest.mark.parametrize(
    ("config", "frame"), KINDS, ids=[f"{index}-{config.kind}" for index, (config, _) in enumerate(KINDS)]
)


def stream(batch: int, frame: tuple[int, ...], steps: int = 13) -> torch.Tensor:
    return torch.randn(batch, steps, *frame, generator=torch.Generator().manual_seed(1))


def fresh(config, frame, seed=0):
    torch.manual_seed(seed)
    return build_extractor(config, frame)


def test_every_kind_is_covered():
    union = get_args(ExtractionConfig)[0]

    assert {type(config) for config, _ in KINDS} == set(get_args(union))


def test_a_kind_is_said_to_read_vectors_where_it_does():
    assert {config.kind for config, frame in KINDS if frame is VECTORS} == set(VECTOR_KINDS)


@every_kind
def test_the_result_has_the_promised_steps_and_features(config, frame):
    extractor = fresh(config, frame)

    features = extractor(stream(5, frame))

    assert features.shape == (5, extractor.count_steps(13), *extractor.out_frame)
    assert prod(extractor.out_frame) == extractor.out_features
    assert features.isfinite().all()


@every_kind
@pytest.mark.parametrize("steps", [4, 7, 8, 12])
def test_the_number_of_steps_is_known_before_anything_runs(config, frame, steps):
    extractor = fresh(config, frame)

    features = extractor(stream(2, frame, steps))

    assert features.shape[1] == extractor.count_steps(steps)


@every_kind
def test_samples_do_not_see_each_other(config, frame):
    extractor = fresh(config, frame).eval()
    x = stream(4, frame)

    together = extractor(x)

    for index in range(len(x)):
        torch.testing.assert_close(together[index : index + 1], extractor(x[index : index + 1]))


@every_kind
def test_a_gradient_reaches_every_weight_and_the_input(config, frame):
    extractor = fresh(config, frame)

    x = stream(6, frame).requires_grad_()
    features = extractor(x)
    (features * torch.randn_like(features)).sum().backward()

    for name, parameter in [("input", x), *extractor.named_parameters()]:
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@every_kind
def test_the_same_seed_gives_the_same_output(config, frame):
    x = stream(2, frame)

    first, second, other = (fresh(config, frame, seed).eval()(x) for seed in (0, 0, 1))

    assert torch.equal(first, second)
    assert torch.equal(first, other) == isinstance(
        config, DecompositionConfig
    )  # which has no weights to draw


@every_kind
def test_weights_survive_saving_and_the_config_rebuilds_the_extractor(config, frame):
    extractor = fresh(config, frame)
    extractor(stream(4, frame))  # moves the running statistics of batch normalisation
    rebuilt = fresh(type(config).model_validate(config.model_dump(mode="json")), frame, seed=9)

    rebuilt.load_state_dict(extractor.state_dict())

    x = stream(2, frame)
    assert torch.equal(rebuilt.eval()(x), extractor.eval()(x))


@every_kind
@pytest.mark.parametrize("lengths", [(1, 2, 9, 13), (1, 1, 2, 1)])
def test_a_sample_is_read_in_a_batch_as_it_is_alone_whatever_fills_the_batch(config, frame, lengths):
    extractor = fresh(config, frame).eval()
    x = stream(4, frame, max(lengths) + 3)
    for sample, length in zip(x, lengths, strict=True):
        sample[length:] = torch.nan

    together = extractor(x, torch.tensor(lengths))

    counts = extractor.count_lengths(torch.tensor(lengths)).tolist()
    for index, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        alone = extractor(x[index : index + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(together[index, :count], alone[0, :count])
        assert count >= 1 and not together[index, count:].any()


@every_kind
def test_a_sample_of_full_length_is_read_as_without_lengths(config, frame):
    extractor = fresh(config, frame).eval()
    x = stream(3, frame)

    torch.testing.assert_close(extractor(x, torch.full((3,), 13)), extractor(x))


@every_kind
def test_batch_statistics_and_gradients_do_not_see_padding(config, frame):
    lengths = torch.tensor([13, 4, 1, 7])

    def trained(x):
        extractor, x = fresh(config, frame), x.clone().requires_grad_()
        torch.manual_seed(3)
        features = extractor(x, lengths)[:, : extractor.count_steps(13)].flatten(2)
        (features * torch.linspace(-1, 1, features.shape[1])[:, None]).square().sum().backward()
        gradients = {name: weight.grad for name, weight in extractor.named_parameters()}
        return dict(extractor.named_buffers()), gradients | {"input": x.grad[:, :13]}

    x = stream(4, frame)
    longer = torch.cat([x, torch.full_like(x, torch.inf)], dim=1)
    for sample, length in zip(longer, lengths, strict=True):
        sample[length:] = torch.inf

    torch.testing.assert_close(trained(longer), trained(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("config", "frame", "wanted"),
    [
        (Conv1dConfig(), IMAGES, "use extraction.kind=conv2d"),
        (KernelsConfig(), IMAGES, "extraction.kind=kernels reads vectors"),
        (ArrayConfig(), IMAGES, "extraction.kind=array reads vectors"),
        (Conv2dConfig(), VECTORS, "use extraction.kind=conv1d"),
        (Conv2dConfig(), VOLUMES, "use extraction.kind=conv3d"),
        (Conv3dConfig(), IMAGES, "use extraction.kind=conv2d"),
        (VggConfig(), VOLUMES, "extraction.kind=vgg reads images"),
    ],
)
def test_a_stream_of_the_other_shape_is_refused_with_the_kind_to_use(config, frame, wanted):
    with pytest.raises(ShapeError, match=wanted):
        build_extractor(config, frame)


def test_a_series_too_short_for_its_pooling_is_refused_with_the_settings_to_change():
    extractor = build_extractor(Conv1dConfig(features=(8, 8, 8), pool=4), VECTORS)

    with pytest.raises(ConfigError) as told:
        extractor.count_steps(60)

    assert "extraction.pool=4" in str(told.value)
    assert "3 blocks (extraction.features) leaves nothing of 60 steps" in str(told.value)


def test_an_image_too_small_for_its_pooling_is_refused_before_training():
    with pytest.raises(ConfigError, match="leaves nothing of 9 pixels of width"):
        build_extractor(Conv2dConfig(features=(4, 4, 4, 4)), (1, 64, 9))


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (FcnConfig(pool=14), "extraction.pool=14 leaves nothing of 13 steps"),
        (ArrayConfig(features=(4, 4), pool=4), "extraction.pool=4 in 2 blocks .* leaves nothing of 13 steps"),
    ],
)
def test_every_pooling_that_leaves_nothing_is_refused(config, setting):
    with pytest.raises(ConfigError, match=setting):
        build_extractor(config, VECTORS).count_steps(13)


def test_pooling_over_more_channels_than_there_are_is_refused_before_training():
    with pytest.raises(ConfigError, match=r"extraction.pool_channels=2 in 2 blocks .* nothing of 3 channels"):
        build_extractor(ArrayConfig(features=(4, 4), pool_channels=2), VECTORS)


def test_kernels_and_features_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match=r"extraction.features has 3 entries and extraction.kernels 2"):
        FcnConfig(kernels=(8, 5))


def test_patches_that_leave_steps_out_are_refused():
    with pytest.raises(ValueError, match=r"extraction.stride=5 is larger than extraction.patch=4"):
        PatchConfig(patch=4, stride=5)


@pytest.mark.parametrize(
    ("config", "cure"),
    [
        (VggConfig(), "lower extraction.levels"),
        (ConvnextConfig(), "lower extraction.patch, give fewer extraction.features"),
    ],
)
def test_an_image_too_small_for_a_known_network_is_refused_with_the_setting_to_change(config, cure):
    with pytest.raises(ConfigError, match=f"images of 28 x 28 pixels are too small.*{cure}"):
        build_extractor(config, (1, 28, 28))
