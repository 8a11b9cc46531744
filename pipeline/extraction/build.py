"""Which extractor a config means."""

from typing import assert_never

from pipeline.extraction.array import ArrayExtractor
from pipeline.extraction.base import Extractor
from pipeline.extraction.config import VECTOR_KINDS, Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_vectors import (
    ArrayConfig,
    DecompositionConfig,
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    PatchConfig,
    ResidualConfig,
)
from pipeline.extraction.conv1d import Conv1dExtractor
from pipeline.extraction.conv2d import Conv2dExtractor
from pipeline.extraction.decomposition import DecompositionExtractor
from pipeline.extraction.fcn import FcnExtractor
from pipeline.extraction.inception import InceptionExtractor
from pipeline.extraction.kernels import KernelsExtractor
from pipeline.extraction.patch import PatchExtractor
from pipeline.extraction.residual import ResidualExtractor
from pipeline.foundation.errors import ShapeError


def build_extractor(config: ExtractionConfig, frame: tuple[int, ...]) -> Extractor:
    """Return the extractor for ``config``; mypy fails here if a kind is forgotten.

    Args:
        config: The section ``extraction``.
        frame: Shape of one step: ``(channel,)``, or ``(band, height, width)``.

    Raises:
        ShapeError: The kind reads vectors and the steps hold images, or the other way round.
        ConfigError: Pooling leaves nothing of an image.
    """
    vectors = config.kind in VECTOR_KINDS
    if len(frame) != (1 if vectors else 3):
        raise _misfit(config.kind, "vectors" if vectors else "images", frame)
    match config:
        case Conv1dConfig():
            return Conv1dExtractor(config, frame[0])
        case Conv2dConfig():
            return Conv2dExtractor(config, (frame[0], frame[1], frame[2]))
        case KernelsConfig():
            return KernelsExtractor(config, frame[0])
        case ResidualConfig():
            return ResidualExtractor(config, frame[0])
        case FcnConfig():
            return FcnExtractor(config, frame[0])
        case InceptionConfig():
            return InceptionExtractor(config, frame[0])
        case DecompositionConfig():
            return DecompositionExtractor(config, frame[0])
        case ArrayConfig():
            return ArrayExtractor(config, frame[0])
        case PatchConfig():
            return PatchExtractor(config, frame[0])
        case _:
            assert_never(config)


def _misfit(kind: str, wanted: str, frame: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"extraction.kind={kind} reads {wanted}, and each step of the stream has shape {frame}; "
        f"use extraction.kind={'conv2d' if len(frame) == 3 else 'conv1d'}"
    )
