"""How good the answers are to rows whose targets have arrived, beside how good they were when the model was made."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict
from scipy.stats import t as student

from pipeline.drift.answers import answer_columns
from pipeline.foundation.redundancy import Redundancy
from pipeline.foundation.words import plural

Score = Literal["accuracy", "share of wrong labels", "mean absolute error"]

CONFIDENCE = 0.95
LEAST = 20
"""Independent rows without which there is no interval."""

ERROR = "error"


@dataclass
class ScoreTally:
    """The score of a table of predictions that comes in pieces."""

    name: Score | None = None
    count: int = 0
    dependent: bool = False
    _mean: float = 0.0
    _squares: float = 0.0
    _redundancy: Redundancy = field(default_factory=Redundancy)

    def add(self, table: pl.DataFrame) -> None:
        """Take more predictions; those whose target is not known say nothing."""
        answers, keys = answer_columns(table)
        if ERROR not in answers.columns:
            return
        error = answers[ERROR]
        self.dependent = self.dependent or any(keys[name].null_count() < keys.height for name in keys.columns)
        known = error.drop_nulls()
        if known.dtype == pl.String:
            self.name, known = "accuracy", (known == "right")
        else:
            self.name = "share of wrong labels" if "label" in table.columns else "mean absolute error"
        self._take(known.cast(pl.Float64).to_numpy())

    def _take(self, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
        values = values[np.isfinite(values)]
        if not len(values):
            return
        total, mean = self.count + len(values), float(values.mean())
        self._squares += float(np.square(values - mean).sum())
        self._squares += (mean - self._mean) ** 2 * self.count * len(values) / total
        self._mean += (mean - self._mean) * len(values) / total
        self.count = total
        self._redundancy.add(values)

    def figure(self) -> "Figure | None":
        """Return the score; None where no target is known."""
        if not self.count:
            return None
        worth = self.count / (self._redundancy.figure() if self.dependent else 1.0)
        if worth < LEAST:
            return Figure(score=self._mean, low=None, high=None, rows=self.count)
        deviation = np.sqrt(self._squares / (self.count - 1) / worth)
        half = float(student.ppf((1.0 + CONFIDENCE) / 2.0, worth - 1.0) * deviation)
        most = 1.0 if self.name != "mean absolute error" else np.inf
        low, high = max(self._mean - half, 0.0), min(self._mean + half, float(most))
        return Figure(score=self._mean, low=low, high=high, rows=self.count)


class Figure(BaseModel):
    """A score and the interval that holds it with 95 %; None where too few rows are independent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float
    low: float | None
    high: float | None
    rows: int

    @property
    def told(self) -> str:
        """For a person."""
        bounds = "" if self.low is None else f" ({self.low:.3g} to {self.high:.3g})"
        return f"{self.score:.3g}{bounds}"


class Performance(BaseModel):
    """The score of newly labelled rows beside that of the test split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Score
    now: Figure
    then: Figure
    worse: bool
    """Whether it is worse beyond chance: the test of the errors, with all others of the call, says so, and the score
    lies on the wrong side of the interval of the test split."""

    @property
    def told(self) -> str:
        """For a person."""
        mark = ": worse" if self.worse else ""
        rows = plural(self.now.rows, "labelled row")
        return f"{self.metric} {self.now.told} on {rows}, {self.then.told} on the test split{mark}"


def performance(now: ScoreTally, then: ScoreTally, *, errors_moved: bool) -> Performance | None:
    """Return the comparison; None where one side knows no targets.

    Args:
        now: Of the new rows.
        then: Of the test split.
        errors_moved: Whether the errors drifted.
    """
    ours, theirs = now.figure(), then.figure()
    if ours is None or theirs is None or now.name is None or theirs.low is None or theirs.high is None:
        return None
    beyond = ours.score < theirs.low if now.name == "accuracy" else ours.score > theirs.high
    return Performance(metric=now.name, now=ours, then=theirs, worse=errors_moved and beyond)
