"""Any number of labels for each sample."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.heads.base import Head
from pipeline.heads.config import MultilabelConfig


class MultilabelHead(Head):
    """A linear layer and, for each label by itself, binary cross entropy.

    Balanced weights are ``samples / (2 · samples with the label)`` where a label is, and ``samples / (2 · samples
    without it)`` where it is not: both weigh the same over the training split, and their mean is 1, so the losses of
    batches can be added up. They are no part of the saved weights.
    """

    present: Tensor | None
    absent: Tensor | None

    def __init__(
        self,
        config: MultilabelConfig,
        in_features: int,
        *,
        labels: int,
        label_counts: Sequence[int] = (),
        samples: int = 0,
    ) -> None:
        """Make the layer.

        Args:
            config: The section ``heads``.
            in_features: Features of the vector that the head reads.
            labels: How many labels there are.
            label_counts: Training samples with each label, for balanced weights.
            samples: Training samples.
        """
        super().__init__()
        self.config = config
        self.linear = nn.Linear(in_features, labels)
        balanced = config.class_weights == "balanced" and len(label_counts) > 0
        counts = torch.tensor(label_counts, dtype=torch.float32)
        for name, number in (("present", counts), ("absent", samples - counts)):
            weights = samples / (2 * number.clamp(min=1)) if balanced else None
            self.register_buffer(name, weights, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``(batch, label)``."""
        logits: Tensor = self.linear(x)
        return logits

    def losses(self, answer: Tensor, target: Tensor) -> Tensor:
        """Return the cross entropy of each sample, averaged over the labels, weighted where the config says so."""
        losses = F.binary_cross_entropy_with_logits(answer.float(), target, reduction="none")
        if self.present is not None and self.absent is not None:
            losses = losses * torch.where(target > 0, self.present, self.absent)
        return losses.mean(dim=1)

    def scores(self, answer: Tensor, target: Tensor) -> Mapping[str, Tensor]:
        """Return ``accuracy``, the share of labels that are right from 0.5 on, and ``exact``: 1 if all of them are."""
        right = (answer > 0) == (target > 0)
        return {"accuracy": right.float().mean(dim=1), "exact": right.all(dim=1).float()}

    def decode(self, answer: Tensor) -> Tensor:
        """Return the probability of each label, ``(batch, label)``."""
        return answer.float().sigmoid()
