"""Training in which what stands in front begins later, or learns more slowly, than the rest."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from pipeline.model.frozen import FrozenNet
from pipeline.model.net import HybridNet


@dataclass(frozen=True)
class Staging:
    """How the extractor, with the embedding and the input's normalisation before it, joins the training."""

    frozen_epochs: int = 0
    """Epochs at the start in which it stays as it is."""

    rate_factor: float = 1.0
    """Its learning rate as a multiple of that of the rest."""

    @property
    def is_plain(self) -> bool:
        """Whether it is trained like the rest from the start."""
        return self.frozen_epochs == 0 and self.rate_factor == 1.0


class Front:
    """The part of a network that is staged; empty where nothing is."""

    def __init__(self, net: HybridNet | FrozenNet, staging: Staging) -> None:
        staged = isinstance(net, HybridNet) and not staging.is_plain
        self.net = net
        self.staging = staging
        self.parts: list[nn.Module] = net.front() if isinstance(net, HybridNet) and staged else []
        self.weights = [weight for part in self.parts for weight in part.parameters() if weight.requires_grad]

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return every weight that is trained, now or later, with its highest learning rate; the front comes last."""
        staged = {id(weight) for weight in self.weights}
        rest = [
            weight for weight in self.net.parameters() if weight.requires_grad and id(weight) not in staged
        ]
        groups = [{"params": rest, "lr": rate}]
        if self.weights:
            groups.append({"params": self.weights, "lr": rate * self.staging.rate_factor})
        return groups

    def begin(self, epoch: int) -> None:
        """Set the front to learn or to stay as it is in ``epoch``, counted from 0.

        What stays is in eval mode: no statistic of a normalisation moves, and nothing is dropped.
        """
        learns = epoch >= self.staging.frozen_epochs
        for part in self.parts:
            part.train(learns)
        for weight in self.weights:
            weight.requires_grad_(learns)
            if not learns:
                weight.grad = None
