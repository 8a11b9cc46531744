"""What the head asks of a sample."""

from dataclasses import dataclass
from typing import Literal

from pipeline.preprocessing.config_base import RareClassesConfig

KEEP_ALL = RareClassesConfig()


@dataclass(frozen=True)
class Question:
    """What shapes the targets: a part of the section ``heads``, and rare classes."""

    head: Literal["classify", "multilabel", "regress", "forecast"] = "classify"
    horizon: int = 0
    """Forecast: steps to forecast."""

    targets: tuple[str, ...] = ()
    """Forecast: channels to forecast; empty: all."""

    separator: str = ","
    """Multilabel: what stands between the labels in a cell."""

    name: str = "target"
    """Regress: what the number is called."""

    rare: RareClassesConfig = KEEP_ALL
    """Classify and multilabel: which classes are merged."""
