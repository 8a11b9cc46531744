"""What every extractor promises, and the parts they are made of."""

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Literal, assert_never

from torch import Tensor, nn

from pipeline.extraction.config_base import ExtractionBase
from pipeline.foundation.errors import ConfigError


class Extractor(nn.Module, ABC):
    """Reads a stream and gives one vector of features per step; no sample sees another."""

    out_features: int
    """Features of each step of the result."""

    @abstractmethod
    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, feature)`` of streams ``(batch, time, *frame)``.

        Args:
            x: The streams.
            lengths: Steps of each sample that are not padding, shape ``(batch,)``, each at least 1; None: all. What
                lies behind them changes nothing, and the result is 0 behind :meth:`count_lengths`.
        """

    @abstractmethod
    def count_steps(self, steps: int) -> int:
        """Return how many steps come out when ``steps`` go in.

        Raises:
            ConfigError: Pooling leaves none of them.
        """

    @abstractmethod
    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return how many steps of each sample come out; one at least, however short it was."""


def shrink(size: int, config: ExtractionBase, *, what: str) -> int:
    """Return what striding and pooling in all blocks leave of ``size`` steps or pixels.

    Raises:
        ConfigError: Nothing is left.
    """
    left = size
    for _ in config.features:
        for _ in range(config.convolutions):
            left = -(-left // config.stride)  # padded by kernel - 1, so the stride alone counts
        left //= config.pool
    if left < 1:
        raise ConfigError(
            f"extraction.pool={config.pool} with extraction.stride={config.stride} in "
            f"{len(config.features)} blocks (extraction.features) leaves nothing of {size} {what}; "
            f"lower extraction.pool, give fewer extraction.features, or use longer input "
            f"(and a lower model.repeat, where blocks are stacked)"
        )
    return left


def build_blocks(config: ExtractionBase, in_channels: int, *, dimensions: Literal[1, 2]) -> nn.Sequential:
    """Return one block per entry of ``features``: convolutions, then pooling and dropout where asked for."""
    sizes = pairwise((in_channels, *config.features))
    return nn.Sequential(*[_block(config, inputs, outputs, dimensions) for inputs, outputs in sizes])


def _block(
    config: ExtractionBase, in_channels: int, features: int, dimensions: Literal[1, 2]
) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(config.convolutions):
        layers += _convolution(config, in_channels if index == 0 else features, features, dimensions)
        if config.normalisation == "batch":
            layers.append(nn.BatchNorm1d(features) if dimensions == 1 else nn.BatchNorm2d(features))
        layers.append(_activation(config))
    if config.pool > 1:
        layers.append(nn.MaxPool1d(config.pool) if dimensions == 1 else nn.MaxPool2d(config.pool))
    if config.dropout:
        layers.append(nn.Dropout(config.dropout))
    return nn.Sequential(*layers)


def _convolution(
    config: ExtractionBase, in_channels: int, features: int, dimensions: Literal[1, 2]
) -> list[nn.Module]:
    """Return a convolution that keeps the length at stride 1; an even kernel needs one more zero after."""
    before, after = (config.kernel - 1) // 2, config.kernel // 2
    layer = nn.Conv1d if dimensions == 1 else nn.Conv2d
    convolution = layer(
        in_channels,
        features,
        config.kernel,
        stride=config.stride,
        padding=before if before == after else 0,
        bias=config.normalisation == "none",  # a normalisation takes any bias away again
    )
    if before == after:
        return [convolution]
    if dimensions == 1:
        return [nn.ConstantPad1d((before, after), 0.0), convolution]
    return [nn.ConstantPad2d((before, after, before, after), 0.0), convolution]


def _activation(config: ExtractionBase) -> nn.Module:
    match config.activation:
        case "relu":
            return nn.ReLU()
        case "gelu":
            return nn.GELU()
        case "tanh":
            return nn.Tanh()
        case _:
            assert_never(config.activation)
