"""What the head asks of a sample."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Question:
    """The part of the section ``heads`` that shapes the targets."""

    head: Literal["classify", "multilabel", "regress", "forecast"] = "classify"
    horizon: int = 0
    """Forecast: steps to forecast."""

    targets: tuple[str, ...] = ()
    """Forecast: channels to forecast; empty: all."""

    separator: str = ","
    """Multilabel: what stands between the labels in a cell."""

    name: str = "target"
    """Regress: what the number is called."""
