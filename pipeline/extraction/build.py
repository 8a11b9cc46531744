"""Which extractor a config means."""

from typing import assert_never

from pipeline.extraction.base import Extractor
from pipeline.extraction.config import Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.conv1d import Conv1dExtractor
from pipeline.extraction.conv2d import Conv2dExtractor
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
    match config:
        case Conv1dConfig():
            if len(frame) != 1:
                raise _misfit(config.kind, "vectors", frame)
            return Conv1dExtractor(config, frame[0])
        case Conv2dConfig():
            if len(frame) != 3:
                raise _misfit(config.kind, "images", frame)
            return Conv2dExtractor(config, (frame[0], frame[1], frame[2]))
        case _:
            assert_never(config)


def _misfit(kind: str, wanted: str, frame: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"extraction.kind={kind} reads {wanted}, and each step of the stream has shape {frame}; "
        f"use extraction.kind={'conv2d' if len(frame) == 3 else 'conv1d'}"
    )
