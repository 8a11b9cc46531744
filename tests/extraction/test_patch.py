import pytest
import torch

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import Conv1dConfig
from pipeline.extraction.config_vectors import PatchConfig


def unread(config, steps):
    """Return how many steps of a window change nothing in the result."""
    torch.manual_seed(0)
    x = torch.randn(1, steps, 2, requires_grad=True)
    build_extractor(config, (2,))(x).square().sum().backward()
    return int((x.grad.abs().sum(dim=(0, 2)) == 0).sum())


@pytest.mark.parametrize("stride", [3, 8])
@pytest.mark.parametrize("steps", [5, 8, 9, 32, 33, 39])
def test_patches_read_every_step(stride, steps):
    assert unread(PatchConfig(filters=8, patch=8, stride=stride, activation="none"), steps) == 0


def test_strided_filters_of_the_same_width_leave_the_last_steps_out():
    strided = Conv1dConfig(features=(8,), kernel=8, stride=8, pool=1, normalisation="none", activation="tanh")

    assert unread(strided, 32) == 3


def test_patches_side_by_side_hold_the_window_in_its_order():
    torch.manual_seed(0)
    config = PatchConfig(filters=6, patch=4, stride=4, activation="none")
    extractor, x = build_extractor(config, (2,)), torch.randn(3, 12, 2)

    found = extractor(x)

    layer = extractor.patches
    pieces = x.reshape(3, 3, 4, 2).transpose(2, 3).flatten(2)  # (B, T, C) -> (B, patch, C·4)
    torch.testing.assert_close(found, pieces @ layer.weight.flatten(1).T + layer.bias)
