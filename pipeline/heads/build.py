"""Which head a config means."""

from collections.abc import Sequence
from typing import assert_never

from pipeline.heads.base import Head
from pipeline.heads.classify import ClassifyHead
from pipeline.heads.config import ClassifyConfig, ForecastConfig, HeadConfig
from pipeline.heads.forecast import ForecastHead


def build_head(
    config: HeadConfig, in_features: int, *, outputs: int, class_counts: Sequence[int] = ()
) -> Head:
    """Return the head for ``config``; mypy fails here if a kind is forgotten.

    Args:
        config: The section ``heads``.
        in_features: Features of the vector that the head reads.
        outputs: Classes, or target channels.
        class_counts: Training samples per class, for balanced weights.
    """
    match config:
        case ClassifyConfig():
            return ClassifyHead(config, in_features, classes=outputs, class_counts=class_counts)
        case ForecastConfig():
            return ForecastHead(config, in_features, targets=outputs)
        case _:
            assert_never(config)
