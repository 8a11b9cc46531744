"""Samples as the network reads them, and the rows that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Samples:
    """What was made of raw rows."""

    rows: list[int]
    """Number of the input's row that each sample is told by, from 0."""

    steps: list[Array]
    """Of each sample: ``(step, *frame)``, or token ids ``(step,)``."""

    second: list[Array] = field(default_factory=list)
    """The second stream of each, where the network reads one."""

    static: NDArray[np.float32] | None = None
    """What is known of each as a whole, ``(sample, static)``."""

    reasons: dict[int, str] = field(default_factory=dict)
    """Row → why it has no answer."""


def fits(sample: Array, network: Mapping[str, Any], *, unit: str = "step") -> str | None:
    """Return why a sample cannot be read by a network that knows one length only; None: it can."""
    if network["ragged"] or len(sample) == network["window"]:
        return None
    units = unit if len(sample) == 1 else f"{unit}s"
    return f"has {len(sample):,} {units}, and the model reads samples of {network['window']} only"
