"""Convolutions along the steps of a stream of vectors."""

from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.base import Extractor, build_blocks, shrink
from pipeline.extraction.config import Conv1dConfig
from pipeline.extraction.ragged import blanked, inside, on_steps

NEIGHBOURS = (nn.Conv1d, nn.ConstantPad1d, nn.MaxPool1d)
"""Layers in which a step sees others; all other layers of a block read each step by itself."""


class Conv1dExtractor(Extractor):
    """Convolution, normalisation, activation and pooling along time, once per entry of ``features``."""

    def __init__(self, config: Conv1dConfig, in_channels: int) -> None:
        super().__init__()
        self.config = config
        self.out_features = config.features[-1]
        self.blocks = build_blocks(config, in_channels, dimensions=1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, feature)`` of ``(batch, time, channel)``."""
        if lengths is not None:
            return self._read_ragged(x, lengths)
        x = x.transpose(1, 2)  # (B, T, C) -> (B, C, T)
        x = self.blocks(x)  # (B, C, T) -> (B, F, S)
        return x.transpose(1, 2)  # (B, F, S) -> (B, S, F)

    def count_steps(self, steps: int) -> int:
        """Return the steps that striding and pooling leave."""
        return shrink(steps, self.config, what="steps")

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps that striding and pooling leave of each sample, one at least."""
        for _ in self.config.features:
            for _ in range(self.config.convolutions):
                lengths = _strided(lengths, self.config.stride)
            lengths = _pooled(lengths, self.config.pool)
        return lengths

    def _read_ragged(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Run the same layers so that every one finds zeros behind each sample, as it would at the end of a batch."""
        x = blanked(x, inside(lengths, x.shape[1]))
        for layer in (layer for block in self.blocks for layer in _grouped(block)):
            if isinstance(layer, nn.MaxPool1d):
                x, lengths = _pool(layer, x, lengths, self.config.pool)
            elif isinstance(layer, NEIGHBOURS):
                x = layer(x.transpose(1, 2)).transpose(1, 2)  # (B, S, F) -> (B, S', F')
                lengths = _strided(lengths, self.config.stride) if isinstance(layer, nn.Conv1d) else lengths
            else:
                x = on_steps(layer, x, inside(lengths, x.shape[1]))
        return x


def _grouped(block: nn.Module) -> list[nn.Module]:
    """Return the layers of a block, those that read each step by itself put together where they follow one another."""
    layers: list[nn.Module] = []
    for by_step, group in groupby(block.children(), key=lambda layer: not isinstance(layer, NEIGHBOURS)):
        together = list(group)
        layers += [nn.Sequential(*together)] if by_step else together
    return layers


def _pool(layer: nn.MaxPool1d, x: Tensor, lengths: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return the largest of the steps that are there, and how many steps are left."""
    x = blanked(x, inside(lengths, x.shape[1]), -torch.inf)
    x = F.pad(x, (0, 0, 0, max(width - x.shape[1], 0)), value=-torch.inf)  # a batch shorter than one window
    x = layer(x.transpose(1, 2)).transpose(1, 2)
    lengths = _pooled(lengths, width)
    return blanked(x, inside(lengths, x.shape[1])), lengths


def _strided(lengths: Tensor, stride: int) -> Tensor:
    return -(-lengths // stride)  # padded by kernel - 1, so the stride alone counts


def _pooled(lengths: Tensor, pool: int) -> Tensor:
    return (lengths // pool).clamp(min=1)
