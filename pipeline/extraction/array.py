"""The stream as one image, steps by channels."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.base import Extractor, build_activation
from pipeline.extraction.config_vectors import ArrayConfig
from pipeline.extraction.layers import dropping
from pipeline.extraction.ragged import blanked, count_pooled, inside, on_steps
from pipeline.foundation.errors import ConfigError


class ArrayExtractor(Extractor):
    """Convolution over steps and channels, normalisation, activation and pooling, once per entry of ``features``.

    The map is read along its steps, so that an LSTM can follow: a step holds the features of all columns left.

    Source:
        Wu et al. (2021), "A graph-based CNN-LSTM stock price prediction algorithm with leading indicators" (SACLSTM),
        whose "sequence array" lays prices and leading indicators side by side.
    """

    def __init__(self, config: ArrayConfig, in_channels: int) -> None:
        super().__init__()
        self.config = config
        columns = _shrunk(in_channels, config, "pool_channels", "channels")
        self.out_features = config.features[-1] * columns
        sizes = pairwise((1, *config.features))
        self.blocks = nn.ModuleList([ArrayBlock(config, inputs, features) for inputs, features in sizes])

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, feature · column)`` of ``(batch, time, channel)``."""
        x = x if lengths is None else blanked(x, inside(lengths, x.shape[1]))
        x = x.unsqueeze(2)  # (B, T, C) -> (B, T, 1, C)
        for block in self.blocks:
            x = block(x, lengths)  # (B, S, F, C) -> (B, S', F', C')
            lengths = None if lengths is None else count_pooled(lengths, self.config.pool)
        return x.flatten(2)  # (B, S, F, C) -> (B, S, F·C)

    def count_steps(self, steps: int) -> int:
        """Return the steps that pooling leaves."""
        return _shrunk(steps, self.config, "pool", "steps")

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps that pooling leaves of each sample, one at least."""
        for _ in self.config.features:
            lengths = count_pooled(lengths, self.config.pool)
        return lengths


class ArrayBlock(nn.Module):
    """A convolution that keeps steps and columns, and what follows; maps are ``(batch, step, feature, column)``."""

    def __init__(self, config: ArrayConfig, in_channels: int, features: int) -> None:
        super().__init__()
        self.pool = (config.pool, config.pool_channels)
        kernel, across = config.kernel, config.kernel_channels
        self.pad = ((across - 1) // 2, across // 2, (kernel - 1) // 2, kernel // 2)
        batch = config.normalisation == "batch"
        self.convolution = nn.Conv2d(in_channels, features, (kernel, across), bias=not batch)
        norm = nn.BatchNorm1d(features) if batch else nn.Identity()
        self.then = nn.Sequential(norm, build_activation(config.activation))
        self.dropout = dropping(config.dropout)

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Return the pooled map; without padding it is run as one piece."""
        x = self.convolution(F.pad(x.transpose(1, 2), self.pad))  # (B, S, F, C) -> (B, F, S, C)
        if lengths is None:
            x = self.then(x.flatten(2)).unflatten(2, x.shape[2:])  # normalisation knows features, and places
            pooled: Tensor = self.dropout(F.max_pool2d(x, self.pool))
            return pooled.transpose(1, 2)
        there = inside(lengths, x.shape[2])
        x = self._pool_ragged(on_steps(self.then, x.transpose(1, 2), there), there)
        return on_steps(self.dropout, x, inside(count_pooled(lengths, self.pool[0]), x.shape[1]))

    def _pool_ragged(self, x: Tensor, there: Tensor) -> Tensor:
        """Return the largest values of the steps that are there."""
        x = blanked(x, there, -torch.inf)
        x = F.pad(x, (0, 0, 0, 0, 0, max(self.pool[0] - x.shape[1], 0)), value=-torch.inf)  # a short batch
        return F.max_pool2d(x.transpose(1, 2), self.pool).transpose(1, 2)


def _shrunk(size: int, config: ArrayConfig, setting: str, what: str) -> int:
    """Return what pooling in all blocks leaves of ``size`` steps or channels.

    Raises:
        ConfigError: Nothing is left.
    """
    pool: int = getattr(config, setting)
    left = size
    for _ in config.features:
        left //= pool
    if left < 1:
        raise ConfigError(
            f"extraction.{setting}={pool} in {len(config.features)} blocks (extraction.features) leaves nothing of "
            f"{size} {what}; lower extraction.{setting}, or give fewer extraction.features"
        )
    return left
