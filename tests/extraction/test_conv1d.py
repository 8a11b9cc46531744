import pytest
import torch

from pipeline.extraction.build import build_extractor
from pipeline.extraction.config import Conv1dConfig


def reader(**settings):
    torch.manual_seed(0)
    config = Conv1dConfig(features=(6, 6, 6), normalisation="none", activation="tanh", **settings)
    return build_extractor(config, (2,)).eval()


def seen(extractor, step, steps=40):
    """Return which steps of the input the given step of the result depends on."""
    x = torch.randn(1, steps, 2, requires_grad=True)
    extractor(x)[0, step].sum().backward()
    return x.grad[0].abs().sum(dim=1).nonzero().squeeze(1).tolist()


@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_causal_filter_sees_its_own_step_and_those_before_and_no_later_one(kernel, dilation):
    extractor = reader(kernel=kernel, dilation=dilation, causal=True, pool=1)

    found = seen(extractor, 30)

    assert found[-1] == 30
    assert found[0] == 30 - (kernel - 1) * sum(dilation**block for block in range(3))


@pytest.mark.parametrize("settings", [{"pool": 2}, {"pool": 1, "stride": 2}])
def test_a_causal_step_that_stands_for_several_sees_none_behind_them(settings):
    extractor = reader(causal=True, **settings)

    assert max(seen(extractor, 3)) <= 3 * 8 + 7  # three blocks that halve: eight steps each


def test_dilated_filters_reach_to_both_sides_further_from_block_to_block():
    found = seen(reader(kernel=3, dilation=3, pool=1), 20)

    assert (found[0], found[-1]) == (20 - 13, 20 + 13)  # 1 + 3 + 9
    assert len(seen(reader(kernel=3, pool=1), 20)) == 7
