"""How the steps of a sample become one vector."""

from abc import ABC, abstractmethod
from typing import Literal, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.extraction.ragged import inside

PoolingKind = Literal["last", "mean", "max", "attention", "flatten"]


class Pooling(nn.Module, ABC):
    """Turns ``(batch, step, feature)`` into ``(batch, feature)``."""

    def __init__(self, out_features: int) -> None:
        super().__init__()
        self.out_features = out_features

    @abstractmethod
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return one vector per sample; steps from ``lengths`` on are padding and change nothing."""


class LastPooling(Pooling):
    """The last step; of features that were read backwards, the first, where they are complete."""

    def __init__(self, features: int, backward_features: int) -> None:
        super().__init__(features)
        self.forward_features = features - backward_features

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the last step of each sample."""
        last = _last_step(x, lengths)  # (B, S, F) -> (B, F)
        if self.forward_features == self.out_features:
            return last
        return torch.cat([last[:, : self.forward_features], x[:, 0, self.forward_features :]], dim=1)


class MeanPooling(Pooling):
    """The mean over the steps."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the mean of each sample."""
        if lengths is None:
            return x.mean(dim=1)
        there = _inside(x, lengths)
        mean: Tensor = x.masked_fill(~there, 0.0).sum(dim=1) / there.sum(dim=1)
        return mean


class MaxPooling(Pooling):
    """The largest value of each feature over the steps."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the maximum of each sample."""
        if lengths is not None:
            x = x.masked_fill(~_inside(x, lengths), -torch.inf)
        return x.amax(dim=1)


class AttentionPooling(Pooling):
    """A mean over the steps whose weights are learnt from the steps.

    Source:
        Yang et al. (2016), "Hierarchical Attention Networks for Document Classification".
    """

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.project = nn.Linear(features, features)
        self.context = nn.Linear(features, 1, bias=False)  # softmax takes any bias away again

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the weighted mean of each sample."""
        there = None if lengths is None else _inside(x, lengths)
        if there is not None:
            x = x.masked_fill(~there, 0.0)
        scores = self.context(torch.tanh(self.project(x)))  # (B, S, F) -> (B, S, 1)
        if there is not None:
            scores = scores.masked_fill(~there, -torch.inf)
        mean: Tensor = (x * scores.softmax(dim=1)).sum(dim=1)
        return mean


class FlattenPooling(Pooling):
    """All steps one after the other."""

    def __init__(self, features: int, steps: int) -> None:
        super().__init__(features * steps)
        self.steps = steps

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return all steps of each sample, with zeros behind it up to the longest sample there can be."""
        if lengths is not None:
            x = x.masked_fill(~_inside(x, lengths), 0.0)
            x = F.pad(x, (0, 0, 0, self.steps - x.shape[1]))  # cuts off where the batch holds more padding
        return x.flatten(1)  # (B, S, F) -> (B, S·F)


def build_pooling(kind: PoolingKind, features: int, *, steps: int, backward_features: int = 0) -> Pooling:
    """Return the pooling that ``model.pooling`` names.

    Args:
        kind: The setting.
        features: Features of each step.
        steps: Steps of every sample, or of the longest one.
        backward_features: How many of the features, at the end, were read from last step to first.
    """
    match kind:
        case "last":
            return LastPooling(features, backward_features)
        case "mean":
            return MeanPooling(features)
        case "max":
            return MaxPooling(features)
        case "attention":
            return AttentionPooling(features)
        case "flatten":
            return FlattenPooling(features, steps)
        case _:
            assert_never(kind)


def _inside(x: Tensor, lengths: Tensor) -> Tensor:
    """Return which steps are not padding, shape ``(batch, step, 1)``."""
    return inside(lengths.to(x.device), x.shape[1]).unsqueeze(-1)


def _last_step(x: Tensor, lengths: Tensor | None) -> Tensor:
    if lengths is None:
        return x[:, -1]
    return x[torch.arange(x.shape[0], device=x.device), lengths.to(x.device) - 1]
