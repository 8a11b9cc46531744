"""A number for each sample."""

from collections.abc import Mapping

from torch import Tensor, nn

from pipeline.heads.base import Head
from pipeline.heads.config import RegressConfig
from pipeline.heads.errors import errors


class RegressHead(Head):
    """A linear layer that gives one number, in scaled units."""

    def __init__(self, config: RegressConfig, in_features: int) -> None:
        super().__init__()
        self.config = config
        self.linear = nn.Linear(in_features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers ``(batch, 1)`` in scaled units."""
        numbers: Tensor = self.linear(x)
        return numbers

    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the error of each sample."""
        return errors(self.config.loss, answer.float(), target).squeeze(1)

    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return ``mse`` and ``mae`` in scaled units."""
        error = (answer.float() - target).squeeze(1)
        return {"mse": error.square(), "mae": error.abs()}

    def decode(self, answer: Tensor) -> Tensor:
        """Return the number, scaled as the targets are."""
        return answer.float()
