"""A straight way past the rooms: what it adds is one linear map of each channel, whatever the rooms do."""

import pytest
import torch

from pipeline.model.build import build_net
from pipeline.model.inputs import Beside


@pytest.mark.parametrize("channels", ["together", "each"])
@pytest.mark.parametrize("input_norm", ["none", "instance"])
def test_the_answer_is_that_of_the_rooms_and_one_linear_map_of_each_channel(
    forecaster, batch, channels, input_norm
):
    settings = {"channels": channels, "input_norm": input_norm}
    blueprint = forecaster(**settings, highway="linear")
    whole, rooms = build_net(blueprint, seed=0).eval(), build_net(forecaster(**settings), seed=0).eval()
    rooms.load_state_dict(
        {name: weight for name, weight in whole.state_dict().items() if "highway" not in name}
    )
    x = batch(blueprint)

    added = whole(x) - rooms(x)

    level, scale = torch.zeros(1), torch.ones(len(x), 1, 3)
    if input_norm == "instance":
        level = x.mean(dim=1, keepdim=True)
        scale = (x.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()
    wanted = whole.highway.map(((x - level) / scale).transpose(1, 2)).transpose(1, 2) * scale
    assert torch.allclose(added, wanted[..., list(whole.targets)], atol=1e-5)


@pytest.mark.parametrize("input_norm", ["none", "instance"])
def test_beside_frozen_features_the_way_still_reads_the_windows(forecaster, batch, input_norm):
    blueprint = forecaster(highway="linear", input_norm=input_norm)
    net, x = build_net(blueprint, seed=0).eval(), batch(blueprint)

    assert net.needs_windows
    answer = net.answer_features(net.features(x), None, Beside(windows=x))

    assert torch.allclose(answer, net(x), atol=1e-6)
