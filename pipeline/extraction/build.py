"""Which extractor a config means."""

from typing import assert_never

from pipeline.extraction.base import Extractor
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_frames import Conv3dConfig, ConvnextConfig, ResnetConfig, VggConfig
from pipeline.extraction.conv1d import Conv1dExtractor
from pipeline.extraction.conv2d import Conv2dExtractor
from pipeline.extraction.conv3d import Conv3dExtractor
from pipeline.extraction.convnext import ConvnextExtractor
from pipeline.extraction.resnet import ResnetExtractor
from pipeline.extraction.vgg import VggExtractor
from pipeline.foundation.errors import ShapeError

SUGGESTED = {1: "conv1d", 3: "conv2d", 4: "conv3d"}
"""Numbers in the shape of a step → a kind that reads it."""


def build_extractor(config: ExtractionConfig, frame: tuple[int, ...]) -> Extractor:
    """Return the extractor for ``config``; mypy fails here if a kind is forgotten.

    Args:
        config: The section ``extraction``.
        frame: Shape of one step: ``(channel,)``, ``(band, height, width)``, or ``(band, depth, height, width)``.

    Raises:
        ShapeError: The kind reads vectors, images or volumes, and the steps hold something else.
        ConfigError: Pooling leaves nothing of an image.
    """
    match config:
        case Conv1dConfig():
            if len(frame) != 1:
                raise _misfit(config.kind, "vectors", frame)
            return Conv1dExtractor(config, frame[0])
        case Conv2dConfig():
            return Conv2dExtractor(config, _image(config.kind, frame))
        case VggConfig():
            return VggExtractor(config, _image(config.kind, frame))
        case ResnetConfig():
            return ResnetExtractor(config, _image(config.kind, frame))
        case ConvnextConfig():
            return ConvnextExtractor(config, _image(config.kind, frame))
        case Conv3dConfig():
            if len(frame) != 4:
                raise _misfit(config.kind, "volumes", frame)
            return Conv3dExtractor(config, (frame[0], frame[1], frame[2], frame[3]))
        case _:
            assert_never(config)


def _image(kind: str, frame: tuple[int, ...]) -> tuple[int, int, int]:
    if len(frame) != 3:
        raise _misfit(kind, "images", frame)
    return frame[0], frame[1], frame[2]


def _misfit(kind: str, wanted: str, frame: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"extraction.kind={kind} reads {wanted}, and each step of the stream has shape {frame}; "
        f"use extraction.kind={SUGGESTED.get(len(frame), 'conv1d')}"
    )
