"""The next values of some channels, all steps of the horizon at once."""

from collections.abc import Mapping

from torch import Tensor, nn

from pipeline.heads.base import Head
from pipeline.heads.config import ForecastConfig
from pipeline.heads.errors import ErrorKind, errors


class ForecastHead(Head):
    """A linear layer that gives every step of the horizon for every target."""

    def __init__(self, config: ForecastConfig, in_features: int, *, targets: int) -> None:
        super().__init__()
        self.config = config
        self.targets = targets
        self.error: ErrorKind = (
            "mae" if config.loss == "pinball" else config.loss
        )  # of the median alone: the same
        self.linear = nn.Linear(in_features, config.horizon * targets)

    def forward(self, x: Tensor) -> Tensor:
        """Return forecasts ``(batch, horizon, target)`` in scaled units."""
        flat: Tensor = self.linear(x)
        return flat.reshape(x.shape[0], self.config.horizon, self.targets)  # (B, N·K) -> (B, N, K)

    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the error of each sample, averaged over horizon and targets."""
        return errors(self.error, answer.float(), target).mean(dim=(1, 2))

    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return ``mse`` and ``mae`` in scaled units."""
        error = answer.float() - target
        return {"mse": error.square().mean(dim=(1, 2)), "mae": error.abs().mean(dim=(1, 2))}

    def decode(self, answer: Tensor) -> Tensor:
        """Return the forecast."""
        return answer.float()
