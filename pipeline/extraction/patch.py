"""Patches of steps, each as one vector."""

from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.base import Extractor, build_activation
from pipeline.extraction.config_vectors import PatchConfig
from pipeline.extraction.layers import along, by_step, dropping
from pipeline.extraction.ragged import blanked, inside


class PatchExtractor(Extractor):
    """One linear layer reads each patch; the first patch starts at the first step, and the last reaches the last one.

    ``conv1d`` with a stride is not the same: it has each step in the middle of its filter, so that with a stride as
    wide as the kernel the last steps of a window, which a forecast needs most, are read by none. Zeros fill the last
    patch where the steps do not; the published network repeats the last value and has one patch more.

    Source:
        Nie et al. (2023), "A Time Series is Worth 64 Words: Long-term Forecasting with Transformers".
    """

    def __init__(self, config: PatchConfig, in_channels: int) -> None:
        super().__init__()
        self.config = config
        self.out_features = config.filters
        self.patches = nn.Conv1d(in_channels, config.filters, config.patch, stride=config.stride)
        activation = nn.Identity() if config.activation == "none" else build_activation(config.activation)
        self.then = nn.Sequential(activation, dropping(config.dropout))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return ``(batch, patch, feature)`` of ``(batch, time, channel)``."""
        steps = x.shape[1]
        x = x if lengths is None else blanked(x, inside(lengths, steps))
        patches = self.count_steps(steps)
        wanted = (patches - 1) * self.config.stride + self.config.patch
        x = along(self.patches, F.pad(x, (0, 0, 0, wanted - steps)))  # (B, T, C) -> (B, S, F)
        there = None if lengths is None else inside(self.count_lengths(lengths), patches)
        return by_step(self.then, x, there)

    def count_steps(self, steps: int) -> int:
        """Return how many patches reach the last step."""
        return 1 - min(self.config.patch - steps, 0) // self.config.stride

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return how many patches reach the last step of each sample."""
        return 1 - (self.config.patch - lengths).clamp(max=0) // self.config.stride
