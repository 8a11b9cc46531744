"""Quantiles of the next values of some channels: a forecast that says how sure it is."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.heads.base import Head
from pipeline.heads.config import ForecastConfig


class QuantileHead(Head):
    """A linear layer that gives the median, and how far each quantile lies beyond the one nearer to the median.

    The distances are positive (softplus) and added up from the median outwards, so no quantile crosses another.

    Source:
        Koenker and Bassett (1978), "Regression Quantiles", for the loss.
    """

    levels: Tensor

    def __init__(self, config: ForecastConfig, in_features: int, *, targets: int) -> None:
        super().__init__()
        self.config = config
        self.targets = targets
        self.median = config.quantiles.index(0.5)
        self.linear = nn.Linear(in_features, config.horizon * targets * len(config.quantiles))
        self.register_buffer("levels", torch.tensor(config.quantiles), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return rising quantiles ``(batch, horizon, target, quantile)`` in scaled units."""
        shape = (self.config.horizon, self.targets, len(self.config.quantiles))
        flat = self.linear(x).reshape(x.shape[0], *shape)  # (B, N·K·Q) -> (B, N, K, Q)
        below, middle, above = flat.split((self.median, 1, shape[2] - self.median - 1), dim=3)
        higher = middle + F.softplus(above).cumsum(dim=3)
        lower = middle - F.softplus(below).flip(3).cumsum(dim=3).flip(3)
        return torch.cat([lower, middle, higher], dim=3)

    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the pinball loss of each sample, averaged over horizon, targets and quantiles."""
        short = target.unsqueeze(3) - answer.float()  # above 0 where the quantile lies too low
        return torch.maximum(self.levels * short, (self.levels - 1.0) * short).mean(dim=(1, 2, 3))

    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return ``mse`` and ``mae`` of the median in scaled units, and the share of values ``covered`` by the band."""
        answer = answer.float()
        error = answer[..., self.median] - target
        covered = (answer[..., 0] <= target) & (target <= answer[..., -1])
        return {
            "mse": error.square().mean(dim=(1, 2)),
            "mae": error.abs().mean(dim=(1, 2)),
            "covered": covered.float().mean(dim=(1, 2)),
        }

    def decode(self, answer: Tensor) -> Tensor:
        """Return the quantiles."""
        return answer.float()
