"""Each channel as its moving average, and what is left of it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.extraction.base import Extractor
from pipeline.extraction.config_vectors import DecompositionConfig
from pipeline.extraction.ragged import blanked, inside


class DecompositionExtractor(Extractor):
    """Trend and remainder of each channel, without weights.

    With ``model.order=cnn``, ``model.pooling=flatten`` and ``model.channels=each`` the forecast is DLinear's; in front
    of an LSTM it keeps slow and fast movements apart.

    Source:
        Zeng et al. (2023), "Are Transformers Effective for Time Series Forecasting?"
    """

    def __init__(self, config: DecompositionConfig, in_channels: int) -> None:
        super().__init__()
        self.average = config.average
        self.out_features = 2 * in_channels

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return trends, then remainders, ``(batch, time, 2 · channel)``, of ``(batch, time, channel)``."""
        there = None if lengths is None else inside(lengths, x.shape[1])
        x = x if there is None else blanked(x, there)
        spread = self._spread(x, lengths)  # (B, T, C) -> (B, T + average - 1, C)
        trend = F.avg_pool1d(spread.transpose(1, 2), self.average, stride=1).transpose(1, 2)
        parts = torch.cat([trend, x - trend], dim=2)  # (B, T, C) of each -> (B, T, 2·C)
        return parts if there is None else blanked(parts, there)

    def count_steps(self, steps: int) -> int:
        """Return as many steps."""
        return steps

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return as many steps."""
        return lengths

    def _spread(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Return the steps with the first and last of each sample repeated as far as the average reaches."""
        steps = x.shape[1]
        reach = torch.arange(steps + self.average - 1, device=x.device) - (self.average - 1) // 2
        if lengths is None:
            return x[:, reach.clamp(0, steps - 1)]
        chosen = torch.minimum(reach.clamp(min=0), lengths[:, None] - 1)  # (B, T + average - 1)
        return x.gather(1, chosen.unsqueeze(2).expand(-1, -1, x.shape[2]))
