"""A straight way from the window to the forecast, beside the rooms."""

from torch import Tensor, nn


class LinearHighway(nn.Module):
    """One linear map from the steps of a channel to its horizon, shared by all channels; the rooms add to it.

    Source:
        Lai et al. (2018), "Modeling Long- and Short-Term Temporal Patterns with Deep Neural Networks" (the
        autoregressive component of LSTNet).
    """

    def __init__(self, window: int, horizon: int) -> None:
        super().__init__()
        self.map = nn.Linear(window, horizon)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(batch, horizon, channel)`` of windows ``(batch, time, channel)``."""
        ahead: Tensor = self.map(x.transpose(1, 2))  # (B, T, K) -> (B, K, N)
        return ahead.transpose(1, 2)
