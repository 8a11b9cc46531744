"""Which head a config means."""

from collections.abc import Sequence
from typing import assert_never

from pipeline.heads.base import Head
from pipeline.heads.classify import ClassifyHead
from pipeline.heads.config import ClassifyConfig, ForecastConfig, HeadConfig, MultilabelConfig, RegressConfig
from pipeline.heads.forecast import ForecastHead
from pipeline.heads.multilabel import MultilabelHead
from pipeline.heads.quantile import QuantileHead
from pipeline.heads.regress import RegressHead


def build_head(
    config: HeadConfig, in_features: int, *, outputs: int, class_counts: Sequence[int] = (), samples: int = 0
) -> Head:
    """Return the head for ``config``; mypy fails here if a kind is forgotten.

    Args:
        config: The section ``heads``.
        in_features: Features of the vector that the head reads.
        outputs: Classes, labels, or target channels.
        class_counts: Training samples per class, or with each label, for balanced weights.
        samples: Training samples, for balanced weights of labels.
    """
    match config:
        case ClassifyConfig():
            return ClassifyHead(config, in_features, classes=outputs, class_counts=class_counts)
        case MultilabelConfig():
            return MultilabelHead(
                config, in_features, labels=outputs, label_counts=class_counts, samples=samples
            )
        case RegressConfig():
            return RegressHead(config, in_features)
        case ForecastConfig():
            kind = QuantileHead if config.loss == "pinball" else ForecastHead
            return kind(config, in_features, targets=outputs)
        case _:
            assert_never(config)
