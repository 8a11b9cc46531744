import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pipeline.extraction.config_vectors import DecompositionConfig
from pipeline.extraction.decomposition import DecompositionExtractor
from pipeline.heads.config import ForecastConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.meta import StreamMeta


class Dlinear(nn.Module):
    """DLinear with weights that all channels share, as Zeng et al. (2023) describe it."""

    def __init__(self, window, horizon):
        super().__init__()
        self.seasonal, self.trend = nn.Linear(window, horizon), nn.Linear(window, horizon)

    def forward(self, x):
        front, end = x[:, :1].repeat(1, 12, 1), x[:, -1:].repeat(1, 12, 1)
        padded = torch.cat([front, x, end], dim=1).transpose(1, 2)  # (B, T, C) -> (B, C, T + 24)
        trend = F.avg_pool1d(padded, kernel_size=25, stride=1)
        seasonal = x.transpose(1, 2) - trend
        return (self.seasonal(seasonal) + self.trend(trend)).transpose(1, 2)  # (B, C, N) -> (B, N, C)


def test_flattened_for_each_channel_it_is_dlinear():
    stream = StreamMeta(
        kind="series", head="forecast", window=36, frame=(3,), channels=("a", "b", "c"), targets=(0, 1, 2), horizon=12,
        offset=(0.0,) * 3, scale=(1.0,) * 3, counts={"train": 30, "val": 10, "test": 10},
    )  # fmt: skip
    net = build_net(
        Blueprint(
            stream=stream,
            model=ModelConfig(order="cnn", pooling="flatten", channels="each"),
            extraction=DecompositionConfig(),
            heads=ForecastConfig(horizon=12),
        ),
        seed=0,
    )
    torch.manual_seed(1)
    published, x = Dlinear(36, 12), torch.randn(4, 36, 3)

    with torch.no_grad():
        net.head.linear.weight[:, 0::2] = published.trend.weight
        net.head.linear.weight[:, 1::2] = published.seasonal.weight
        net.head.linear.bias[:] = published.trend.bias + published.seasonal.bias

    torch.testing.assert_close(net(x), published(x))


@pytest.mark.parametrize(
    ("kernel", "trend"),
    [(3, [5 / 3, 3.0, 5.0, 19 / 3]), (2, [2.0, 4.0, 6.0, 7.0]), (1, [1.0, 3.0, 5.0, 7.0])],
)
def test_the_trend_is_the_mean_of_neighbours_with_the_ends_repeated(kernel, trend):
    x = torch.tensor([1.0, 3.0, 5.0, 7.0]).reshape(1, 4, 1)

    parts = DecompositionExtractor(DecompositionConfig(average=kernel), 1)(x)

    torch.testing.assert_close(parts[0, :, 0], torch.tensor(trend))
    torch.testing.assert_close(parts.sum(dim=2), x[..., 0])


def test_a_sample_repeats_its_own_last_step_and_not_that_of_the_batch():
    extractor = DecompositionExtractor(DecompositionConfig(average=3), 1)
    x = torch.tensor([[0.0, 3.0, 9.0, 9.0], [0.0, 3.0, 9.0, 9.0]]).unsqueeze(2)

    trend = extractor(x, torch.tensor([2, 4]))[..., 0]

    assert trend.tolist() == [[1.0, 2.0, 0.0, 0.0], [1.0, 4.0, 7.0, 9.0]]
