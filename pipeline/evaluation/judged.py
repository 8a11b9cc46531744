"""What there is to draw, whatever the head: the leaderboard, the training, and the head's own details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.bands import Band
from pipeline.evaluation.classify import ClassAnswer, ClassTruth
from pipeline.evaluation.division import UNKNOWN, Division
from pipeline.evaluation.forecast import ForecastErrors, ForecastTruth
from pipeline.evaluation.judge import Head, Standing
from pipeline.evaluation.labels import LabelAnswer, LabelTruth
from pipeline.evaluation.portfolio.told import Portfolios
from pipeline.evaluation.samples import Floats
from pipeline.evaluation.verdict import Verdict
from pipeline.leakage.findings import Findings

NONE = Findings(findings=())
"""No audit took place."""


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
class LabelDetails:
    """A judged answer of several labels."""

    truth: LabelTruth
    answer: LabelAnswer


@dataclass(frozen=True)
class ForecastDetails:
    """A judged forecast, or regression (one channel, one step).

    It holds the errors of all models, the values of the model and its best rival.
    """

    truth: ForecastTruth
    errors: Mapping[str, ForecastErrors]
    answer: Floats
    rival: Floats | None
    is_scaled: bool
    band: Band | None = None
    """Between which values the model expects the truth, where it says so."""


Details = ClassDetails | LabelDetails | ForecastDetails


@dataclass(frozen=True)
class Judged:
    """Everything a plot or a report tells."""

    model: str
    head: Head
    verdict: Verdict
    lines: Sequence[Standing]
    details: Details
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

    division: Division = UNKNOWN
    """How the data were divided."""

    findings: Findings = NONE
    """What the leakage audit found."""

    texts: pl.LazyFrame | None = None
    """``sample_id`` and ``text`` of the test samples, where they are texts."""

    portfolios: Portfolios | None = None
    """What the forecasts are worth when they are bought, where that is asked for."""

    origins: pl.LazyFrame | None = None
    """``sample_id`` and ``origin`` of the test samples, where they come from files of their own, or lines."""
