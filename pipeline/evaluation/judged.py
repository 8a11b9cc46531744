"""What there is to draw, whatever the head: the leaderboard, the training, and the head's own details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.classify import ClassAnswer, ClassTruth
from pipeline.evaluation.forecast import ForecastErrors, ForecastTruth
from pipeline.evaluation.judge import Standing
from pipeline.evaluation.samples import Floats
from pipeline.evaluation.verdict import Verdict


@dataclass(frozen=True)
class History:
    """One training: losses per epoch, NaN where an epoch has none."""

    name: str
    epoch: NDArray[np.float64]
    train: NDArray[np.float64]
    val: NDArray[np.float64]

    @property
    def is_improving(self) -> bool:
        """Whether the last loss on val is the best of several: the training stopped too early."""
        known = self.val[np.isfinite(self.val)]
        return len(known) > 1 and int(known.argmin()) == len(known) - 1


@dataclass(frozen=True)
class ClassDetails:
    """A judged classification."""

    truth: ClassTruth
    answer: ClassAnswer


@dataclass(frozen=True)
class ForecastDetails:
    """A judged forecast; errors of all models, values of the model and its best rival."""

    truth: ForecastTruth
    errors: Mapping[str, ForecastErrors]
    answer: Floats
    rival: Floats | None
    is_scaled: bool


@dataclass(frozen=True)
class Judged:
    """Everything a plot or a report tells."""

    model: str
    verdict: Verdict
    lines: Sequence[Standing]
    details: ClassDetails | ForecastDetails
    histories: Sequence[History]
    how: str | None
    """What resamples are made of; None where there are no intervals."""

    shortage: str | None
    """Why there are none."""

    confidence: float
    examples: int
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else is known about the data, ready to be read."""

    left_out: Mapping[str, str] = field(default_factory=dict)
    """Baseline → why it did not run."""

    @property
    def head(self) -> str:
        """Return which head was judged."""
        return "classify" if isinstance(self.details, ClassDetails) else "forecast"
