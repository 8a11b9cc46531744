"""The network as a whole: streams → a chain each → joined with the static columns → head."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.foundation.errors import ConfigError
from pipeline.heads.base import Head
from pipeline.model.chain import Chain
from pipeline.model.config import ModelConfig
from pipeline.model.embedding import TokenEmbedding
from pipeline.model.highway import LinearHighway
from pipeline.model.inputs import NOTHING, Beside, Stream
from pipeline.model.norm import WindowLevel


class HybridNet(nn.Module):
    """Every order of convolution and recurrence, over samples of one length or each with its own.

    No chain sees what another one reads; only the head sees what all of them found.
    """

    def __init__(
        self,
        config: ModelConfig,
        chains: Sequence[Chain],
        head: Head,
        *,
        targets: tuple[int, ...],
        second: Chain | None = None,
        highway: LinearHighway | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            config: The section ``model``.
            chains: Those that read the first stream, each its own channels of it.
            head: What answers.
            targets: Which channels are forecast.
            second: The chain that reads the second stream, where there is one.
            highway: What leads past the chains, where anything does.
        """
        super().__init__()
        self.config = config
        self.targets = targets
        self.chains = nn.ModuleList(chains)
        self.second = second
        self.highway = highway
        self.dropout = nn.Dropout(config.dropout)
        self.head = head

    def forward(self, x: Tensor, lengths: Tensor | None = None, beside: Beside = NOTHING) -> Tensor:
        """Return the head's raw answer to streams.

        Args:
            x: Shape ``(batch, time, *frame)``, or token ids ``(batch, time)``.
            lengths: Steps of each sample that are not padding, shape ``(batch,)``, each at least 1; None: all. What
                lies behind them changes nothing.
            beside: The second stream and the static columns, where the network reads any.
        """
        batch = x.shape[0]
        x, lengths, level = self._levelled(x, lengths)
        read = [chain(x, lengths) for chain in self.chains]  # each (B, H)
        if self.second is not None:
            read.append(self.second(*_there(beside.second)))
        return self._answered(read, beside.static, level=level, batch=batch, past=self._past(x))

    def features(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return what the extractors in front make of the first stream: ``(batch, step, feature)``, side by side."""
        x, lengths, _ = self._levelled(x, lengths)
        return torch.cat([cast(Chain, chain).features(x, lengths) for chain in self.chains], dim=2)

    def answer_features(
        self, features: Tensor, lengths: Tensor | None = None, beside: Beside = NOTHING
    ) -> Tensor:
        """Return the raw answer to what :meth:`features` gave, without running an extractor.

        Args:
            features: Shape ``(batch, step, feature)``.
            lengths: Steps of the features of each sample that are not padding; None: all.
            beside: The features of the second stream, the static columns, and the windows where
                :attr:`needs_windows`.
        """
        level = None if beside.windows is None else self._level(beside.windows, None)
        windows = beside.windows if level is None or beside.windows is None else level.removed(beside.windows)
        chains = cast(list[Chain], list(self.chains))
        parts: tuple[Tensor, ...] = torch.split(
            features, [chain.extracted_frame[0] for chain in chains], dim=2
        )
        read = [chain.read_features(part, lengths) for chain, part in zip(chains, parts, strict=True)]
        if self.second is not None:
            read.append(self.second.read_features(*_there(beside.second)))
        past = None if windows is None else self._past(windows)
        return self._answered(read, beside.static, level=level, batch=features.shape[0], past=past)

    @property
    def all_chains(self) -> list[Chain]:
        """Every chain, that of the second stream last."""
        chains = cast(list[Chain], list(self.chains))
        return chains if self.second is None else [*chains, self.second]

    @property
    def extractor(self) -> Extractor:
        """The extractor that reads the input; of several streams, that of the first.

        Raises:
            ConfigError: The order does not begin with one.
        """
        if self.config.order not in ("cnn-lstm", "cnn", "parallel"):
            raise ConfigError(f"model.order={self.config.order} does not begin with a CNN")
        return self.all_chains[0].extractor

    @property
    def extracted_frame(self) -> tuple[int, ...]:
        """Shape of each step that :meth:`features` gives: features, and of maps their height and width."""
        frames = [cast(Chain, chain).extracted_frame for chain in self.chains]
        return sum(frame[0] for frame in frames), *frames[0][1:]

    @property
    def embedding(self) -> TokenEmbedding | None:
        """What gives the tokens of the first stream their vectors."""
        return self.all_chains[0].embedding

    def front(self) -> list[nn.Module]:
        """Return the extractor that reads the input, and what stands before it.

        Raises:
            ConfigError: The order does not begin with one.
        """
        return [part for chain in self.all_chains for part in chain.front.values()]

    @property
    def needs_windows(self) -> bool:
        """Whether :meth:`answer_features` needs the windows as well."""
        return self.config.input_norm == "instance" or self.highway is not None

    def _levelled(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None, WindowLevel | None]:
        """Make samples of channels where asked, and take the level away from each."""
        x, lengths = self._separate(x, lengths)
        level = self._level(x, lengths)
        return x if level is None else level.removed(x), lengths, level

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

    def _past(self, x: Tensor) -> Tensor | None:
        """Return what the highway makes of windows whose level is removed, ``(batch, horizon, target)``."""
        if self.highway is None:
            return None
        past: Tensor = self.highway(x if self.config.channels == "each" else x[:, :, list(self.targets)])
        return past

    def _answered(
        self,
        read: list[Tensor],
        static: Tensor | None,
        *,
        level: WindowLevel | None,
        batch: int,
        past: Tensor | None,
    ) -> Tensor:
        each = self.config.channels == "each"
        pooled = self.dropout(torch.cat(read, dim=1))  # (B, H)
        if static is not None:
            if each:  # channels are samples: (B, static) -> (B·K, static)
                static = static.repeat_interleave(len(self.targets), dim=0)
            pooled = torch.cat([pooled, static], dim=1)  # (B, H + static)
        answer: Tensor = self.head(pooled)
        if past is not None:
            answer = answer + past.reshape(*past.shape, *[1] * (answer.ndim - past.ndim))
        if level is not None:
            answer = level.restored(answer, (0,) if each else self.targets)
        if each:
            # (B·K, N, 1) -> (B, N, K), or with quantiles (B·K, N, 1, Q) -> (B, N, K, Q)
            return answer.reshape(batch, -1, answer.shape[1], *answer.shape[3:]).transpose(1, 2)
        return answer


def _there(second: Stream | None) -> Stream:
    if second is None:
        raise ValueError("this network reads two streams, and was given one")
    return second
