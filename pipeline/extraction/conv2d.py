"""Convolutions inside each frame of a stream of images, the same for every step (time-distributed)."""

from typing import assert_never

from torch import Tensor

from pipeline.extraction.base import Extractor, build_blocks, shrink
from pipeline.extraction.config import Conv2dConfig
from pipeline.extraction.ragged import inside, on_steps


class Conv2dExtractor(Extractor):
    """Convolution, normalisation, activation and pooling in each frame, then the map read as steps."""

    def __init__(self, config: Conv2dConfig, frame: tuple[int, int, int]) -> None:
        super().__init__()
        self.config = config
        bands, height, width = frame
        rows = shrink(height, config, what="pixels of height")
        columns = shrink(width, config, what="pixels of width")
        features = config.features[-1]
        self.out_features, self.steps_per_frame = _read_as(config, features, rows=rows, columns=columns)
        self.map = (features, rows, columns)
        self.blocks = build_blocks(config, bands, dimensions=2)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, *out_frame)`` of ``(batch, time, channel, height, width)``."""
        if lengths is None:
            maps = self._frames(x.flatten(0, 1))  # (B, T, C, H, W) -> (B·T, s, f)
        else:
            maps = on_steps(self._frames, x, inside(lengths, x.shape[1]))  # (B, T, C, H, W) -> (B, T, s, f)
        return maps.reshape(len(x), -1, *self.out_frame)  # (B, T, s, f) -> (B, T·s, f)

    @property
    def out_frame(self) -> tuple[int, ...]:
        """Shape of each step of the result: the whole map where ``steps`` is ``maps``."""
        return self.map if self.config.steps == "maps" else (self.out_features,)

    def count_steps(self, steps: int) -> int:
        """Return the steps of all frames together."""
        return steps * self.steps_per_frame

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps of all frames of each sample together."""
        return lengths * self.steps_per_frame

    def _frames(self, x: Tensor) -> Tensor:
        """Return the steps of frames that are read one by one."""
        return self._steps(self.blocks(x))  # (N, C, H, W) -> (N, F, h, w) -> (N, s, f)

    def _steps(self, x: Tensor) -> Tensor:
        match self.config.steps:
            case "frames":
                return x.mean(dim=(2, 3)).unsqueeze(1)  # (N, F, h, w) -> (N, 1, F)
            case "rows":
                return x.permute(0, 2, 1, 3).flatten(2)  # (N, F, h, w) -> (N, h, F·w)
            case "columns":
                return x.permute(0, 3, 1, 2).flatten(2)  # (N, F, h, w) -> (N, w, F·h)
            case "cells":
                return x.flatten(2).transpose(1, 2)  # (N, F, h, w) -> (N, h·w, F)
            case "maps":
                return x.flatten(1).unsqueeze(1)  # (N, F, h, w) -> (N, 1, F·h·w)
            case _:
                assert_never(self.config.steps)


def _read_as(config: Conv2dConfig, features: int, *, rows: int, columns: int) -> tuple[int, int]:
    """Return features of a step, and steps of a frame."""
    match config.steps:
        case "frames":
            return features, 1
        case "rows":
            return features * columns, rows
        case "columns":
            return features * rows, columns
        case "cells":
            return features, rows * columns
        case "maps":
            return features * rows * columns, 1
        case _:
            assert_never(config.steps)
