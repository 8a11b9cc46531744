"""The network as a whole: input → (embedding) → branches → head."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.foundation.errors import ConfigError
from pipeline.heads.base import Head
from pipeline.model.branch import Branch
from pipeline.model.config import ModelConfig
from pipeline.model.disorder import Disorder
from pipeline.model.embedding import TokenEmbedding
from pipeline.model.norm import BatchNormInput, WindowLevel


class HybridNet(nn.Module):
    """Every order of convolution and recurrence, over samples of one length or each with its own.

    One branch for orders in which the rooms follow one another, two for ``parallel``.
    """

    def __init__(
        self,
        config: ModelConfig,
        branches: Sequence[Branch],
        head: Head,
        *,
        norm: nn.Module,
        targets: tuple[int, ...],
        embedding: TokenEmbedding | None = None,
        disorder: Disorder | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.targets = targets
        self.embedding = embedding
        self.norm = norm
        self.disorder = disorder
        self.branches = nn.ModuleList(branches)
        self.dropout = nn.Dropout(config.dropout)
        self.head = head

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the head's raw answer to streams.

        Args:
            x: Shape ``(batch, time, *frame)``, or token ids ``(batch, time)``.
            lengths: Steps of each sample that are not padding, shape ``(batch,)``, each at least 1; None: all. What
                lies behind them changes nothing.
        """
        batch = len(x)
        x, lengths = self._separate(self._embedded(x), lengths)
        level = self._level(x, lengths)
        x = self._entered(x, level, lengths)
        pooled = torch.cat([branch(x, lengths) for branch in self.branches], dim=1)  # (B, H)
        return self._answered(pooled, level, batch)

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return what the extractor in front makes of streams: ``(batch, step, feature)``."""
        x, lengths = self._separate(self._embedded(x), lengths)
        features: Tensor = self.extractor(self._entered(x, self._level(x, lengths), lengths), lengths)
        return features

    def answer_features(
        self, features: Tensor, lengths: Tensor | None = None, windows: Tensor | None = None
    ) -> Tensor:
        """Return the raw answer to what :meth:`features` gave, without running the extractor.

        Args:
            features: Shape ``(batch, step, feature)``.
            lengths: Steps of the features of each sample that are not padding; None: all.
            windows: The streams themselves, all of one length, where ``model.input_norm`` is ``instance``: their
                level is put back into the forecast.
        """
        level = None if windows is None else self._level(windows, None)
        pooled = self.branches[0](features, lengths, skip=1)
        return self._answered(pooled, level, len(features))

    @property
    def extractor(self) -> Extractor:
        """The extractor that reads the input.

        Raises:
            ConfigError: The order does not begin with one.
        """
        first = cast(Branch, self.branches[0]).rooms[0]
        if not isinstance(first, Extractor):
            raise ConfigError(f"model.order={self.config.order} does not begin with a CNN")
        return first

    def front(self) -> list[nn.Module]:
        """Return the extractor that reads the input, and what stands before it.

        Raises:
            ConfigError: The order does not begin with one.
        """
        return [part for part in (self.embedding, self.norm, self.extractor) if part is not None]

    @property
    def needs_windows(self) -> bool:
        """Whether :meth:`answer_features` needs the windows as well."""
        return self.config.input_norm == "instance"

    def _embedded(self, x: Tensor) -> Tensor:
        embedded: Tensor = x if self.embedding is None else self.embedding(x)  # (B, T) -> (B, T, C)
        return embedded

    def _separate(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Make each target channel a sample of its own where ``model.channels`` is ``each``."""
        if self.config.channels == "together":
            return x, lengths
        x = x[:, :, list(self.targets)]  # (B, T, C) -> (B, T, K)
        if lengths is not None:
            lengths = lengths.repeat_interleave(len(self.targets))  # (B,) -> (B·K,)
        return x.transpose(1, 2).reshape(-1, x.shape[1], 1), lengths  # (B, T, K) -> (B·K, T, 1)

    def _level(self, x: Tensor, lengths: Tensor | None) -> WindowLevel | None:
        return WindowLevel.of(x, lengths) if self.config.input_norm == "instance" else None

    def _entered(self, x: Tensor, level: WindowLevel | None, lengths: Tensor | None) -> Tensor:
        if level is not None:
            x = level.removed(x)
        if self.disorder is not None:
            x = self.disorder(x, lengths)
        entered: Tensor = self.norm(x, lengths) if isinstance(self.norm, BatchNormInput) else x
        return entered

    def _answered(self, pooled: Tensor, level: WindowLevel | None, batch: int) -> Tensor:
        answer: Tensor = self.head(self.dropout(pooled))
        each = self.config.channels == "each"
        if level is not None:
            answer = level.restored(answer, (0,) if each else self.targets)
        if each:
            # (B·K, N, 1) -> (B, N, K), or with quantiles (B·K, N, 1, Q) -> (B, N, K, Q)
            return answer.reshape(batch, -1, answer.shape[1], *answer.shape[3:]).transpose(1, 2)
        return answer
