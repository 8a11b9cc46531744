"""The network as a whole: input → branches → head."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.foundation.errors import ConfigError
from pipeline.heads.base import Head
from pipeline.model.branch import Branch
from pipeline.model.config import ModelConfig
from pipeline.model.norm import WindowLevel


class HybridNet(nn.Module):
    """Every order of convolution and recurrence; windows of a fixed length, as the stream cuts them.

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
    ) -> None:
        super().__init__()
        self.config = config
        self.targets = targets
        self.norm = norm
        self.branches = nn.ModuleList(branches)
        self.dropout = nn.Dropout(config.dropout)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Return the head's raw answer to streams ``(batch, time, *frame)``."""
        batch = len(x)
        x = self._separate(x)
        level = self._level(x)
        x = self._entered(x, level)
        pooled = torch.cat([branch(x) for branch in self.branches], dim=1)  # (B, H)
        return self._answered(pooled, level, batch)

    def features(self, x: Tensor) -> Tensor:
        """Return what the extractor in front makes of streams: ``(batch, step, feature)``."""
        x = self._separate(x)
        features: Tensor = self.extractor(self._entered(x, self._level(x)))
        return features

    def answer_features(self, features: Tensor, windows: Tensor | None = None) -> Tensor:
        """Return the raw answer to what :meth:`features` gave, without running the extractor.

        Args:
            features: Shape ``(batch, step, feature)``.
            windows: The streams themselves, where ``model.input_norm`` is ``instance``: their level is put
                back into the forecast.
        """
        level = None if windows is None else self._level(windows)
        pooled = self.branches[0](features, skip=1)
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

    @property
    def needs_windows(self) -> bool:
        """Whether :meth:`answer_features` needs the windows as well."""
        return self.config.input_norm == "instance"

    def _separate(self, x: Tensor) -> Tensor:
        """Make each target channel a sample of its own where ``model.channels`` is ``each``."""
        if self.config.channels == "together":
            return x
        x = x[:, :, list(self.targets)]  # (B, T, C) -> (B, T, K)
        return x.transpose(1, 2).reshape(-1, x.shape[1], 1)  # (B, T, K) -> (B·K, T, 1)

    def _level(self, x: Tensor) -> WindowLevel | None:
        return WindowLevel.of(x) if self.config.input_norm == "instance" else None

    def _entered(self, x: Tensor, level: WindowLevel | None) -> Tensor:
        entered: Tensor = self.norm(x if level is None else level.removed(x))
        return entered

    def _answered(self, pooled: Tensor, level: WindowLevel | None, batch: int) -> Tensor:
        answer: Tensor = self.head(self.dropout(pooled))
        each = self.config.channels == "each"
        if level is not None:
            answer = level.restored(answer, (0,) if each else self.targets)
        if each:
            return answer.reshape(batch, -1, answer.shape[1]).transpose(1, 2)  # (B·K, N, 1) -> (B, N, K)
        return answer
