"""Convolutions along the steps of a stream of vectors."""

from itertools import groupby

from torch import Tensor, nn

from pipeline.extraction.base import Extractor, build_blocks, shrink
from pipeline.extraction.config import Conv1dConfig
from pipeline.extraction.ragged import blanked, count_pooled, inside, on_steps, pool_steps

NEIGHBOURS = (nn.Conv1d, nn.ConstantPad1d, nn.MaxPool1d)
"""Layers in which a step sees others; all other layers of a block read each step by itself."""


class Conv1dExtractor(Extractor):
    """Convolution, normalisation, activation and pooling along time, once per entry of ``features``.

    Source:
        Bai et al. (2018), "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence
        Modeling", for dilation that grows with depth, and for causal filters.
    """

    def __init__(self, config: Conv1dConfig, in_channels: int) -> None:
        super().__init__()
        self.config = config
        self.out_features = config.features[-1]
        self.blocks = build_blocks(
            config, in_channels, dimensions=1, dilation=config.dilation, causal=config.causal
        )

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
            lengths = count_pooled(lengths, self.config.pool)
        return lengths

    def _read_ragged(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Run the same layers so that every one finds zeros behind each sample, as it would at the end of a batch."""
        x = blanked(x, inside(lengths, x.shape[1]))
        for layer in (layer for block in self.blocks for layer in _grouped(block)):
            if isinstance(layer, nn.MaxPool1d):
                x, lengths = pool_steps(x, lengths, self.config.pool), count_pooled(lengths, self.config.pool)
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


def _strided(lengths: Tensor, stride: int) -> Tensor:
    return -(-lengths // stride)  # padded by kernel - 1, so the stride alone counts
