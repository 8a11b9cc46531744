"""One of several classes for each sample."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.heads.base import Head
from pipeline.heads.config import ClassifyConfig


class ClassifyHead(Head):
    """A linear layer and cross entropy.

    Balanced weights are ``samples / (classes · samples of the class)``: their mean over the training split is
    1, so the losses of batches can be added up. They are no part of the saved weights.
    """

    weights: Tensor | None

    def __init__(
        self, config: ClassifyConfig, in_features: int, *, classes: int, class_counts: Sequence[int] = ()
    ) -> None:
        super().__init__()
        self.config = config
        self.linear = nn.Linear(in_features, classes)
        balanced = config.class_weights == "balanced" and len(class_counts) > 0
        self.register_buffer("weights", _balanced(class_counts) if balanced else None, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``(batch, class)``."""
        logits: Tensor = self.linear(x)
        return logits

    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the cross entropy of each sample, weighted where the config says so."""
        smoothing = self.config.label_smoothing
        losses = F.cross_entropy(answer.float(), target, reduction="none", label_smoothing=smoothing)
        return losses if self.weights is None else losses * self.weights[target]

    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return ``accuracy``: 1 where the likeliest class is the target."""
        return {"accuracy": (answer.argmax(dim=1) == target).float()}

    def decode(self, answer: Tensor) -> Tensor:
        """Return probabilities ``(batch, class)``."""
        return answer.float().softmax(dim=1)


def _balanced(class_counts: Sequence[int]) -> Tensor:
    counts = torch.tensor(class_counts, dtype=torch.float32)
    return counts.sum() / (len(counts) * counts.clamp(min=1))
