"""What every head promises."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn


class Head(nn.Module, ABC):
    """Turns one vector per sample into an answer, and says how good an answer is."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Return the raw answer to vectors ``(batch, feature)``: what :meth:`losses` and :meth:`decode` take."""

    @abstractmethod
    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return what training makes small, shape ``(batch,)``; the mean of any batches is their joint loss."""

    @abstractmethod
    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return measures for a person to watch, each of shape ``(batch,)``."""

    @abstractmethod
    def decode(self, answer: Tensor) -> Tensor:
        """Return the answer as predictions tell it: probabilities ``(batch, class)``, or the forecast itself."""

    def loss(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the mean of :meth:`losses`."""
        return self.losses(answer, target).mean()
