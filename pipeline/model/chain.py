"""How one stream is read, from its steps to one vector per sample."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.model.branch import Branch
from pipeline.model.disorder import Disorder
from pipeline.model.embedding import TokenEmbedding
from pipeline.model.norm import BatchNormInput


class Chain(nn.Module):
    """Input → (its channels) → (embedding) → (disorder) → (norm) → branches; the vectors of all branches are joined."""

    def __init__(
        self,
        branches: Sequence[Branch],
        *,
        norm: nn.Module,
        embedding: TokenEmbedding | None = None,
        channels: tuple[int, ...] | None = None,
        disorder: Disorder | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            branches: One for orders in which the rooms follow one another, two for ``parallel``.
            norm: What is done to the input.
            embedding: Gives tokens their vectors; None where the stream holds measurements.
            channels: Which channels of the stream it reads; None: all.
            disorder: Takes the order of the steps away; None: they are read as they come.
        """
        super().__init__()
        self.embedding = embedding
        self.norm = norm
        self.branches = nn.ModuleList(branches)
        self.channels = channels
        self.disorder = disorder
        self.out_features = sum(branch.out_features for branch in branches)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return ``(batch, feature)`` of streams ``(batch, time, *frame)``; see :class:`Branch` for ``lengths``."""
        x = self._entered(x, lengths)
        return torch.cat([branch(x, lengths) for branch in self.branches], dim=1)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return what the extractor in front makes of streams: ``(batch, step, feature)``."""
        features: Tensor = self.extractor(self._entered(x, lengths), lengths)
        return features

    def read_features(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return what :meth:`forward` does, of what :meth:`features` gave and its lengths."""
        pooled: Tensor = self.branches[0](features, lengths, skip=1)
        return pooled

    @property
    def extractor(self) -> Extractor:
        """The extractor that reads the input.

        Raises:
            ValueError: The order does not begin with one.
        """
        first = cast(Branch, self.branches[0]).rooms[0]
        if not isinstance(first, Extractor):
            raise ValueError("the order does not begin with a CNN")
        return first

    @property
    def extracted_frame(self) -> tuple[int, ...]:
        """Shape of each step that :meth:`features` gives."""
        return self.extractor.out_frame

    @property
    def front(self) -> nn.ModuleDict:
        """The extractor and what stands before it: the input's batch norm, and the embedding."""
        front = nn.ModuleDict({"norm": self.norm, "extractor": self.extractor})
        if self.embedding is not None:
            front["embedding"] = self.embedding
        return front

    def _entered(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        if self.channels is not None:
            x = x[:, :, list(self.channels)]  # (B, T, C, ...) -> (B, T, C', ...)
        if self.embedding is not None:
            x = self.embedding(x)  # (B, T) -> (B, T, C)
        if self.disorder is not None:
            x = self.disorder(x, lengths)
        entered: Tensor = self.norm(x, lengths) if isinstance(self.norm, BatchNormInput) else x
        return entered
