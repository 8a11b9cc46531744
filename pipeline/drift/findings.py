"""What was compared, and how it is told."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipeline.drift.performance import Performance
from pipeline.foundation.section import Report
from pipeline.foundation.words import plural

Measure = Literal["distribution", "shares", "empty cells", "new values", "representation"]
SHOWN = 5
WORDS: dict[Measure, str] = {
    "distribution": "Kolmogorov-Smirnov",
    "shares": "chi-square",
    "empty cells": "empty cells",
    "new values": "new values",
    "representation": "maximum mean discrepancy",
}


class Finding(BaseModel):
    """One column by one measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    measure: Measure
    distance: float
    """Which share of the rows would have to be others: the largest distance of the cumulative distributions, half the
    sum of the differences of the shares, the share of new values. Of a representation: the square root of the maximum
    mean discrepancy, 0 to 1."""

    psi: float | None
    """Population stability index of the column; None where it says nothing."""

    independent_rows: float
    """What the new rows are worth: fewer than they are where neighbours resemble one another."""

    p_value: float
    adjusted: float
    """The same after Holm's correction for all that was tested."""

    drift: bool

    @property
    def told(self) -> str:
        """The column and how far it is, for a person."""
        if self.measure == "representation":
            return f"{self.column} (MMD {self.distance:.2f})"
        if self.measure in ("empty cells", "new values"):
            return f"{self.column} ({self.measure} {100 * self.distance:.1f} %)"
        return f"{self.column} (PSI {self.psi or 0.0:.2f})"


class DriftReport(Report):
    """New rows beside those of training; written as ``OUT.drift.json``."""

    drift: bool
    level: float
    least_distance: float
    reference: str
    """What they were compared with."""

    rows: int
    findings: tuple[Finding, ...]
    """All that was tested, by column."""

    untested: dict[str, str]
    """Column → why nothing was tested."""

    performance: Performance | None = None
    """How good the answers are to rows whose targets have arrived; None: there are none."""

    @property
    def told(self) -> str:
        """The line for the terminal, with the score where there is one."""
        return self.summary if self.performance is None else f"{self.summary}; {self.performance.told}"


def summary_of(findings: tuple[Finding, ...], untested: dict[str, str]) -> str:
    """Return the line for the terminal: the columns that moved, the farthest first."""
    columns = {finding.column for finding in findings}
    moved = sorted((each for each in findings if each.drift), key=lambda each: -each.distance)
    first = {each.column: each for each in reversed(moved)}
    rest = f"; {plural(len(untested), 'column')} not tested" if untested else ""
    if not columns:
        reason = next(iter(untested.values()), "no column in common")
        return f"drift not tested: {reason}"
    if not moved:
        return f"no drift: {plural(len(columns), 'column')}, {plural(len(findings), 'test')}{rest}"
    names = sorted(first.values(), key=lambda each: -each.distance)
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    shown = ", ".join(each.told for each in names[:SHOWN])
    return f"drift in {len(names)} of {plural(len(columns), 'column')}: {shown}{more}{rest}"
