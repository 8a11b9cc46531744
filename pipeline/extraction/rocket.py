"""Fixed convolutions along the steps: nothing of them is learnt, and each says where its output is high."""

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.config_vectors import RocketConfig
from pipeline.extraction.layers import along, by_step
from pipeline.extraction.same_length import SameLengthExtractor

WIDTH = 9
"""Steps that a kernel reads."""

KERNELS = tuple(combinations(range(WIDTH), 3))
"""The 84 kernels, each by the three places where it holds 2; it holds -1 in the other six, so that it sums to 0."""

SLOPE = 4.0
"""How steep the smooth step is that stands for the hard one on the way back."""


class RocketExtractor(SameLengthExtractor):
    """The kernels of MiniRocket at several dilations: for each kernel and threshold, whether a step lies above it.

    There is nothing to learn, so a small data set is enough. With ``model.pooling=mean`` a feature becomes the share
    of steps above its threshold, which is what MiniRocket counts; with ``model.order=parallel`` an LSTM reads the
    same steps beside it, and with ``cnn-lstm`` behind it.

    Thresholds are quantiles of a normal distribution, on outputs that a batch normalisation without weights has
    brought to mean 0 and deviation 1. MiniRocket takes quantiles of the outputs themselves, which would have to be
    fitted before training.

    Source:
        Dempster, Schmidt & Webb (2021), "MiniRocket: A Very Fast (Almost) Deterministic Transform for Time Series
        Classification"; differences: Tan et al. (2022), "MultiRocket".
    """

    def __init__(self, config: RocketConfig, in_channels: int) -> None:
        looks = len(config.dilations) * (2 if config.differences else 1)
        super().__init__(out_features=looks * len(KERNELS) * config.thresholds, pool=config.pool)
        self.convolutions = nn.ModuleList(
            [FixedConvolution(in_channels, dilation) for dilation in config.dilations]
        )
        self.of_changes = nn.ModuleList(
            [FixedConvolution(in_channels, dilation) for dilation in config.dilations if config.differences]
        )
        self.above = Above(looks * len(KERNELS), config.thresholds)

    def read(self, x: Tensor, there: Tensor | None) -> Tensor:
        """Return the features of each step."""
        outputs = [along(convolution, x) for convolution in self.convolutions]
        if len(self.of_changes):
            changes = F.pad(x[:, 1:] - x[:, :-1], (0, 0, 1, 0))  # the first step has changed by nothing
            changes = changes if there is None else changes * there.unsqueeze(2)
            outputs += [along(convolution, changes) for convolution in self.of_changes]
        return by_step(self.above, torch.cat(outputs, dim=2), there)  # (B, S, 84) of each -> (B, S, F)


class FixedConvolution(nn.Module):
    """The kernels at one dilation; each reads one channel of one, and a few by chance of several."""

    weight: Tensor

    def __init__(self, in_channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        kernels = torch.full((len(KERNELS), WIDTH), -1.0)
        kernels[torch.arange(len(KERNELS)).unsqueeze(1), torch.tensor(KERNELS)] = 2.0
        self.register_buffer("weight", kernels.unsqueeze(1) * _chosen(in_channels).unsqueeze(2))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(batch, 84, step)`` of ``(batch, channel, step)``."""
        reach = WIDTH // 2 * self.dilation
        return F.conv1d(x, self.weight.to(x.dtype), padding=reach, dilation=self.dilation)


class Above(nn.Module):
    """Whether each output lies above each of its thresholds, as a number of mean 0 and deviation 1."""

    cuts: Tensor

    def __init__(self, outputs: int, thresholds: int) -> None:
        super().__init__()
        self.normalise = nn.BatchNorm1d(outputs, affine=False)
        cuts = torch.special.ndtri(torch.arange(1, thresholds + 1) / (thresholds + 1))
        self.register_buffer("cuts", cuts, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(row, feature)`` or ``(batch, feature, step)``: features of the lowest threshold come first."""
        x = self.normalise(x)
        highest = len(self.cuts) + 1
        features = []
        for index, cut in enumerate(self.cuts, start=1):
            share = 1 - index / highest  # of a normal distribution above this cut
            features.append((_step(x - cut) - share) / (share * (1 - share)) ** 0.5)
        return torch.cat(features, dim=1)


def _step(x: Tensor) -> Tensor:
    """Return 1 above 0 and 0 elsewhere; the gradient, where somebody wants one, is that of a sigmoid."""
    hard = (x > 0).to(x.dtype)
    if not x.requires_grad:
        return hard
    smooth = torch.sigmoid(SLOPE * x)
    return hard + smooth - smooth.detach()


def _chosen(channels: int) -> Tensor:
    """Return 1 for the channels that each kernel reads, ``(84, channel)``: up to nine, a small number more often."""
    read = torch.zeros(len(KERNELS), channels)
    for row in read:
        most = torch.tensor(min(channels, WIDTH) + 1.0).log2()
        count = int(2 ** (most * torch.rand(())))
        row[torch.randperm(channels)[:count]] = 1.0
    return read
