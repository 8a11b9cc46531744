"""Inception modules along the steps."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.config_vectors import InceptionConfig
from pipeline.extraction.layers import ConvolutionLayer, along, by_step, dropping, same_convolution
from pipeline.extraction.ragged import blanked
from pipeline.extraction.same_length import SameLengthExtractor


class InceptionExtractor(SameLengthExtractor):
    """Modules on top of one another, and shortcuts past every few of them.

    With ``model.order=cnn`` and ``model.pooling=mean`` it is one of the five networks of InceptionTime.

    Source:
        Ismail Fawaz et al. (2020), "InceptionTime: Finding AlexNet for Time Series Classification".
    """

    def __init__(self, config: InceptionConfig, in_channels: int) -> None:
        width = config.filters * (len(config.kernels) + 1)
        super().__init__(out_features=width, pool=config.pool)
        self.every = config.residual
        inputs = [in_channels, *[width] * (config.modules - 1)]
        self.stack = nn.ModuleList([InceptionModule(config, channels) for channels in inputs])
        passed = inputs[:: self.every][: config.modules // self.every] if self.every else []
        self.shortcuts = nn.ModuleList(
            [ConvolutionLayer(channels, width, 1, then=nn.BatchNorm1d(width)) for channels in passed]
        )

    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        entered = x
        for index, module in enumerate(self.stack, start=1):
            x = module(x, there)
            if self.every and index % self.every == 0:
                x = torch.relu(x + self.shortcuts[index // self.every - 1](entered, there))
                entered = x
        return x


class InceptionModule(nn.Module):
    """Filters of several widths behind a bottleneck, and the maximum of three steps, side by side."""

    def __init__(self, config: InceptionConfig, in_channels: int) -> None:
        super().__init__()
        narrow = config.bottleneck if in_channels > 1 else 0
        self.bottleneck = nn.Conv1d(in_channels, narrow, 1, bias=False) if narrow else nn.Identity()
        self.branches = nn.ModuleList(
            [
                same_convolution(narrow or in_channels, config.filters, kernel, bias=False)
                for kernel in config.kernels
            ]
        )
        self.largest = nn.Conv1d(in_channels, config.filters, 1, bias=False)
        norm = nn.BatchNorm1d(config.filters * (len(config.kernels) + 1))
        self.then = nn.Sequential(norm, nn.ReLU(), dropping(config.dropout))

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of all branches at each step."""
        narrow = along(self.bottleneck, x)
        branches = [along(branch, narrow) for branch in self.branches]
        branches.append(along(self.largest, _largest_of_three(x, there)))
        return by_step(self.then, torch.cat(branches, dim=2), there)  # (B, S, F) of each -> (B, S, 4·F)


def _largest_of_three(x: Tensor, there: Tensor | None) -> Tensor:
    """Return the largest of each step and its neighbours that are there."""
    x = x if there is None else blanked(x, there, -torch.inf)
    x = F.max_pool1d(x.transpose(1, 2), 3, stride=1, padding=1).transpose(1, 2)
    return x if there is None else blanked(x, there)
