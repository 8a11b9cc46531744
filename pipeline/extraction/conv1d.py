"""Convolutions along the steps of a stream of vectors."""

from torch import Tensor

from pipeline.extraction.base import Extractor, build_blocks, shrink
from pipeline.extraction.config import Conv1dConfig


class Conv1dExtractor(Extractor):
    """Convolution, normalisation, activation and pooling along time, once per entry of ``features``."""

    def __init__(self, config: Conv1dConfig, in_channels: int) -> None:
        super().__init__()
        self.config = config
        self.out_features = config.features[-1]
        self.blocks = build_blocks(config, in_channels, dimensions=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features ``(batch, step, feature)`` of ``(batch, time, channel)``."""
        x = x.transpose(1, 2)  # (B, T, C) -> (B, C, T)
        x = self.blocks(x)  # (B, C, T) -> (B, F, S)
        return x.transpose(1, 2)  # (B, F, S) -> (B, S, F)

    def count_steps(self, steps: int) -> int:
        """Return the steps that striding and pooling leave."""
        return shrink(steps, self.config, what="steps")
