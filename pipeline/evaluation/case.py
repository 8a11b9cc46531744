"""What is put before the judge, and what leaves the court."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.evaluation.bootstrap import Plan, plan_resamples, shortage
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.division import UNKNOWN, Division
from pipeline.evaluation.judge import Entrant, Head, Standing
from pipeline.evaluation.judged import NONE, Details, History, Judged
from pipeline.evaluation.samples import Samples
from pipeline.evaluation.verdict import Doubts, verdict
from pipeline.leakage.findings import Findings


@dataclass(frozen=True)
class Case:
    """What is put before the judge."""

    entrants: Sequence[Entrant]
    """The judged model (role ``model``) first."""

    tables: Mapping[str, Sequence[pl.LazyFrame]]
    """Entrant → predictions, one table per training; read one after the other."""

    histories: Sequence[History]
    config: EvaluationConfig
    seed: int
    overlap: int
    """Consecutive test samples that share values, at least 1."""

    scale: Mapping[str, float]
    """Forecasts and regression: channel → deviation."""

    facts: Mapping[str, str]
    left_out: Mapping[str, str]
    division: Division = UNKNOWN
    """How the data were divided."""

    findings: Findings = NONE
    """What the leakage audit found."""

    @property
    def model(self) -> str:
        """Return the name of the judged model."""
        return self.entrants[0].name

    def plan(self, samples: Samples, *, columns: int) -> Plan | None:
        """Return how the test samples are resampled; see :func:`plan_resamples`."""
        return plan_resamples(
            samples,
            overlap=self.overlap,
            columns=columns,
            seed=self.seed,
            same_groups=self.division.is_by_time,
        )


def _only_group(case: Case, samples: Samples) -> str | None:
    """Return the one group of the test split, where the score is meant to be about groups that are not known yet."""
    names = samples.group.drop_nulls().unique()
    return str(names[0]) if len(names) == 1 and case.division.is_by_group else None


def conclude(
    case: Case,
    lines: Sequence[Standing],
    details: Details,
    *,
    head: Head,
    plan: Plan | None,
    doubts: Doubts,
) -> Judged:
    """Return everything there is to tell.

    Args:
        case: What was judged.
        lines: The leaderboard.
        details: What the head has to show.
        head: Which one.
        plan: How it was resampled.
        doubts: What the predictions and the test split themselves say against the score.
    """
    samples = details.truth.samples
    why = shortage(samples, overlap=case.overlap)
    told = verdict(
        lines,
        head=head,
        samples=len(samples),
        confidence=case.config.confidence,
        doubts=doubts,
        findings=case.findings,
        shortage=why,
        alone=_only_group(case, samples),
        independent=None if plan is None else plan.independent,
        improving=any(history.is_improving for history in case.histories if history.name == case.model),
    )
    return Judged(
        model=case.model,
        head=head,
        verdict=told,
        lines=lines,
        details=details,
        histories=case.histories,
        how=plan.how if plan else None,
        shortage=why,
        confidence=case.config.confidence,
        examples=case.config.examples,
        facts=case.facts,
        left_out=case.left_out,
        division=case.division,
        findings=case.findings,
    )
