"""Which extractor a config means."""

from typing import assert_never

from pipeline.extraction.array import ArrayExtractor
from pipeline.extraction.base import Extractor
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_frames import (
    IMAGE_KINDS,
    VOLUME_KINDS,
    Conv3dConfig,
    ConvnextConfig,
    ResnetConfig,
    VggConfig,
)
from pipeline.extraction.config_vectors import (
    ArrayConfig,
    DecompositionConfig,
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    PatchConfig,
    ResidualConfig,
    RocketConfig,
)
from pipeline.extraction.conv1d import Conv1dExtractor
from pipeline.extraction.conv2d import Conv2dExtractor
from pipeline.extraction.conv3d import Conv3dExtractor
from pipeline.extraction.convnext import ConvnextExtractor
from pipeline.extraction.decomposition import DecompositionExtractor
from pipeline.extraction.fcn import FcnExtractor
from pipeline.extraction.inception import InceptionExtractor
from pipeline.extraction.kernels import KernelsExtractor
from pipeline.extraction.patch import PatchExtractor
from pipeline.extraction.residual import ResidualExtractor
from pipeline.extraction.resnet import ResnetExtractor
from pipeline.extraction.rocket import RocketExtractor
from pipeline.extraction.vgg import VggExtractor
from pipeline.foundation.errors import ShapeError

READS = dict.fromkeys(IMAGE_KINDS, (3, "images")) | dict.fromkeys(VOLUME_KINDS, (4, "volumes"))
"""Kind → numbers in the shape of a step that it reads, and what that is; all others read vectors."""

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
    axes, reads = READS.get(config.kind, (1, "vectors"))
    if len(frame) != axes:
        raise _misfit(config.kind, reads, frame)
    match config:
        case Conv1dConfig():
            return Conv1dExtractor(config, frame[0])
        case Conv2dConfig():
            return Conv2dExtractor(config, _image(frame))
        case KernelsConfig():
            return KernelsExtractor(config, frame[0])
        case ResidualConfig():
            return ResidualExtractor(config, frame[0])
        case FcnConfig():
            return FcnExtractor(config, frame[0])
        case InceptionConfig():
            return InceptionExtractor(config, frame[0])
        case RocketConfig():
            return RocketExtractor(config, frame[0])
        case DecompositionConfig():
            return DecompositionExtractor(config, frame[0])
        case ArrayConfig():
            return ArrayExtractor(config, frame[0])
        case PatchConfig():
            return PatchExtractor(config, frame[0])
        case VggConfig():
            return VggExtractor(config, _image(frame))
        case ResnetConfig():
            return ResnetExtractor(config, _image(frame))
        case ConvnextConfig():
            return ConvnextExtractor(config, _image(frame))
        case Conv3dConfig():
            return Conv3dExtractor(config, (frame[0], frame[1], frame[2], frame[3]))
        case _:
            assert_never(config)


def _image(frame: tuple[int, ...]) -> tuple[int, int, int]:
    return frame[0], frame[1], frame[2]


def _misfit(kind: str, wanted: str, frame: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"extraction.kind={kind} reads {wanted}, and each step of the stream has shape {frame}; "
        f"use extraction.kind={SUGGESTED.get(len(frame), 'conv1d')}"
    )
