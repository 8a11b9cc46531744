"""Residual blocks along the steps."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from pipeline.extraction.config_vectors import ResidualConfig
from pipeline.extraction.layers import ConvolutionLayer, along, by_step, dropping
from pipeline.extraction.same_length import SameLengthExtractor


class ResidualExtractor(SameLengthExtractor):
    """One residual block per entry of ``features``; with ``model.pooling=mean`` the ResNet for series.

    Source:
        Wang et al. (2017), "Time Series Classification from Scratch with Deep Neural Networks".
    """

    def __init__(self, config: ResidualConfig, in_channels: int) -> None:
        super().__init__(out_features=config.features[-1], pool=config.pool)
        sizes = pairwise((in_channels, *config.features))
        self.blocks = nn.ModuleList(
            [ResidualBlock(inputs, features, config.kernels) for inputs, features in sizes]
        )
        self.dropout = dropping(config.dropout)

    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        for block in self.blocks:
            x = block(x, there)
            if isinstance(self.dropout, nn.Dropout):
                x = by_step(self.dropout, x, there)
        return x


class ResidualBlock(nn.Module):
    """Convolutions with batch normalisation, and a shortcut past all of them, which is normalised as well."""

    def __init__(self, in_channels: int, features: int, kernels: tuple[int, ...]) -> None:
        super().__init__()
        inputs = (in_channels, *[features] * (len(kernels) - 1))
        self.layers = nn.ModuleList(
            [
                ConvolutionLayer(size, features, kernel, then=_finish(features, last=index == len(kernels)))
                for index, (size, kernel) in enumerate(zip(inputs, kernels, strict=True), start=1)
            ]
        )
        self.project = None if in_channels == features else nn.Conv1d(in_channels, features, 1, bias=False)
        self.norm = nn.BatchNorm1d(features)

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        read = x
        for layer in self.layers:
            read = layer(read, there)
        shortcut = x if self.project is None else along(self.project, x)
        return torch.relu(read + by_step(self.norm, shortcut, there))


def _finish(features: int, *, last: bool) -> nn.Module:
    """Return what follows a convolution; after the last one the shortcut comes before the ReLU."""
    return nn.BatchNorm1d(features) if last else nn.Sequential(nn.BatchNorm1d(features), nn.ReLU())
