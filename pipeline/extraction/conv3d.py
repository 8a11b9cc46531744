"""Convolutions inside each frame of a stream of volumes, the same for every step (time-distributed)."""

from itertools import pairwise
from typing import assert_never

from torch import Tensor, nn

from pipeline.extraction.base import Extractor, shrink
from pipeline.extraction.config_frames import Conv3dConfig
from pipeline.extraction.frames import pooled
from pipeline.extraction.ragged import inside, on_steps


class Conv3dExtractor(Extractor):
    """Convolution, normalisation, activation and pooling in each volume, then the map read as steps.

    Source:
        Montaha et al. (2022), "TimeDistributed-CNN-LSTM": four MRI sequences of a brain are four steps.
    """

    def __init__(self, config: Conv3dConfig, frame: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.config = config
        bands, *size = frame
        names = ("slices of depth (preprocessing.depth)", "pixels of height", "pixels of width")
        left = [shrink(side, config, what=name) for side, name in zip(size, names, strict=True)]
        self.out_features, self.steps_per_frame = _read_as(config, (left[0], left[1], left[2]))
        self.blocks = nn.Sequential(
            *[_block(config, *sizes) for sizes in pairwise((bands, *config.features))]
        )

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, feature)`` of ``(batch, time, band, depth, height, width)``."""
        if lengths is None:
            steps = self._frames(x.flatten(0, 1))  # (B, T, C, D, H, W) -> (B·T, s, f)
        else:
            steps = on_steps(self._frames, x, inside(lengths, x.shape[1]))  # -> (B, T, s, f)
        return steps.reshape(x.shape[0], -1, self.out_features)  # (B, T, s, f) -> (B, T·s, f)

    def count_steps(self, steps: int) -> int:
        """Return the steps of all volumes together."""
        return steps * self.steps_per_frame

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps of all volumes of each sample together."""
        return lengths * self.steps_per_frame

    def _frames(self, x: Tensor) -> Tensor:
        """Return the steps of volumes that are read one by one."""
        x = self.blocks(x)  # (N, C, D, H, W) -> (N, F, d, h, w)
        match self.config.steps:
            case "frames":
                return pooled(x, self.config.map_pooling).unsqueeze(1)  # -> (N, 1, F)
            case "slices":
                return x.transpose(1, 2).flatten(2)  # -> (N, d, F·h·w)
            case "cells":
                return x.flatten(2).transpose(1, 2)  # -> (N, d·h·w, F)
            case _:
                assert_never(self.config.steps)


def _block(config: Conv3dConfig, inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(config.convolutions):
        layers += _convolution(config, inputs, outputs)
        if config.normalisation == "batch":
            layers.append(nn.BatchNorm3d(outputs))
        layers.append({"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}[config.activation]())
        inputs = outputs
    if config.pool > 1:
        layers.append(nn.MaxPool3d(config.pool))
    if config.dropout:
        layers.append(nn.Dropout(config.dropout))
    return nn.Sequential(*layers)


def _convolution(config: Conv3dConfig, inputs: int, outputs: int) -> list[nn.Module]:
    """Return a convolution that keeps the size at stride 1; an even kernel needs one more zero after."""
    before, after = (config.kernel - 1) // 2, config.kernel // 2
    convolution = nn.Conv3d(
        inputs, outputs, config.kernel, stride=config.stride, bias=config.normalisation == "none",
        padding=before if before == after else 0,
    )  # fmt: skip
    if before == after:
        return [convolution]
    return [nn.ConstantPad3d((before, after) * 3, 0.0), convolution]


def _read_as(config: Conv3dConfig, size: tuple[int, int, int]) -> tuple[int, int]:
    """Return features of a step, and steps of a volume."""
    features = config.features[-1]
    depth, rows, columns = size
    match config.steps:
        case "frames":
            return features, 1
        case "slices":
            return features * rows * columns, depth
        case "cells":
            return features, depth * rows * columns
        case _:
            assert_never(config.steps)
