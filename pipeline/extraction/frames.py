"""What extractors of images have in common: every frame is read by itself, then its feature map as steps."""

from abc import abstractmethod
from typing import assert_never

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.extraction.config import Conv2dConfig
from pipeline.extraction.config_frames import Images, MapPooling, Steps
from pipeline.extraction.ragged import inside, on_steps
from pipeline.foundation.errors import ConfigError


class FrameExtractor(Extractor):
    """Reads each frame with the same filters (time-distributed)."""

    def __init__(self, config: Conv2dConfig | Images, maps: tuple[int, int, int]) -> None:
        """Keep how maps become steps.

        Args:
            config: Its ``steps`` and ``map_pooling``.
            maps: Shape ``(feature, row, column)`` of the map of a frame.
        """
        super().__init__()
        self.read_as = config.steps
        self.map_pooling = config.map_pooling
        self.map = maps
        self.out_features, self.steps_per_frame = _read_as(config.steps, *maps)

    @abstractmethod
    def maps(self, x: Tensor) -> Tensor:
        """Return feature maps ``(frame, feature, row, column)`` of frames ``(frame, band, height, width)``."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return features ``(batch, step, *out_frame)`` of ``(batch, time, band, height, width)``."""
        if lengths is None:
            steps = self._frames(x.flatten(0, 1))  # (B, T, C, H, W) -> (B·T, s, f)
        else:
            steps = on_steps(self._frames, x, inside(lengths, x.shape[1]))  # (B, T, C, H, W) -> (B, T, s, f)
        return steps.reshape(x.shape[0], -1, *self.out_frame)  # (B, T, s, f) -> (B, T·s, f)

    @property
    def out_frame(self) -> tuple[int, ...]:
        """Shape of each step of the result: the whole map where ``steps`` is ``maps``."""
        return self.map if self.read_as == "maps" else (self.out_features,)

    def count_steps(self, steps: int) -> int:
        """Return the steps of all frames together."""
        return steps * self.steps_per_frame

    def count_lengths(self, lengths: Tensor) -> Tensor:
        """Return the steps of all frames of each sample together."""
        return lengths * self.steps_per_frame

    def _frames(self, x: Tensor) -> Tensor:
        """Return the steps of frames that are read one by one."""
        return self._steps(self.maps(x))  # (N, C, H, W) -> (N, F, h, w) -> (N, s, f)

    def _steps(self, x: Tensor) -> Tensor:
        match self.read_as:
            case "frames":
                return pooled(x, self.map_pooling).unsqueeze(1)  # (N, F, h, w) -> (N, 1, F)
            case "rows":
                return x.permute(0, 2, 1, 3).flatten(2)  # (N, F, h, w) -> (N, h, F·w)
            case "columns":
                return x.permute(0, 3, 1, 2).flatten(2)  # (N, F, h, w) -> (N, w, F·h)
            case "cells":
                return x.flatten(2).transpose(1, 2)  # (N, F, h, w) -> (N, h·w, F)
            case "maps":
                return x.flatten(1).unsqueeze(1)  # (N, F, h, w) -> (N, 1, F·h·w)
            case _:
                assert_never(self.read_as)


def pooled(x: Tensor, how: MapPooling) -> Tensor:
    """Return what is kept of maps ``(frame, feature, *place)``, shape ``(frame, feature)``."""
    places = x.flatten(2)
    return places.mean(dim=2) if how == "mean" else places.amax(dim=2)


def require_map(size: tuple[int, int], left: tuple[int, int], *, cure: str) -> None:
    """Refuse images of which the network leaves no map.

    Args:
        size: Height and width of the images.
        left: Height and width of the map.
        cure: What to do about it.

    Raises:
        ConfigError: As said.
    """
    if min(left) < 1:
        raise ConfigError(
            f"images of {size[0]} x {size[1]} pixels are too small: the network leaves nothing of them; {cure}"
        )


def lay_features_together(network: nn.Module) -> None:
    """Keep the features of a pixel side by side in memory, which convolutions read faster.

    On a CPU that gives ``vgg`` 1.15 to 1.33 times as many images per second, and a ``resnet`` with the small stem
    1.23 to 1.33 times; ``convnext`` gains nothing, and a ``resnet`` of full width with the wide stem loses a tenth
    (``benchmarks/frame_extractors.py``). The shapes stay as they are.
    """
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def start_like_kaiming(network: nn.Module) -> None:
    """Draw the weights of convolutions so that deep networks of ReLU neither fade nor explode at the start.

    Source:
        He et al. (2015), "Delving Deep into Rectifiers".
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _read_as(steps: Steps, features: int, rows: int, columns: int) -> tuple[int, int]:
    """Return features of a step, and steps of a frame."""
    match steps:
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
            assert_never(steps)
