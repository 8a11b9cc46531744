"""From prediction tables to everything a plot or a report tells; one function per head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.evaluation.bootstrap import Plan, plan_resamples, shortage
from pipeline.evaluation.classify import (
    absent_classes,
    class_answer,
    class_sums,
    class_truth,
    extra_scores,
    only_class,
)
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.forecast import (
    ANSWER_COLUMNS,
    TRUTH_COLUMNS,
    ForecastTruth,
    forecast_answer,
    forecast_errors,
    forecast_truth,
)
from pipeline.evaluation.judge import Entrant, Standing, standings
from pipeline.evaluation.judged import ClassDetails, ForecastDetails, History, Judged
from pipeline.evaluation.samples import Floats, Samples
from pipeline.evaluation.verdict import verdict


@dataclass(frozen=True)
class Case:
    """What is put before the judge."""

    entrants: Sequence[Entrant]
    """The judged model (role ``model``) first."""

    tables: Mapping[str, pl.LazyFrame]
    """Entrant → predictions; read one after the other."""

    histories: Sequence[History]
    config: EvaluationConfig
    seed: int
    overlap: int
    """Consecutive test samples that share values, at least 1."""

    scale: Mapping[str, float]
    """Forecasts: channel → deviation."""

    facts: Mapping[str, str]
    left_out: Mapping[str, str]

    @property
    def model(self) -> str:
        """Return the name of the judged model."""
        return self.entrants[0].name


def judge_classes(case: Case) -> Judged:
    """Score every classification table of ``case``.

    Raises:
        DataError: A table is empty, holds NaN, or other samples than the model's.
    """
    own = case.tables[case.model].collect()
    truth = class_truth(own, case.model)
    columns = 3 * len(truth.classes) + 1
    plan = plan_resamples(truth.samples, overlap=case.overlap, columns=columns, seed=case.seed)
    mine = class_answer(own, truth, case.model)
    binned, extra = {}, {}
    for entrant in case.entrants:
        table = own if entrant.role == "model" else case.tables[entrant.name].collect()
        answer = class_answer(table, truth, entrant.name)
        binned[entrant.name] = class_sums(truth, answer, plan)
        extra[entrant.name] = extra_scores(truth, answer)
    lines = standings(
        case.entrants, binned, head="classify", plan=plan, config=case.config, seed=case.seed, extra=extra
    )
    only = only_class(truth, mine)
    return _judged(case, lines, ClassDetails(truth, mine), samples=truth.samples, plan=plan, only=only)


def judge_forecasts(case: Case) -> Judged:
    """Score every forecast table of ``case``.

    Raises:
        DataError: A table is empty, holds NaN, or other windows than the model's.
    """
    scaled = case.config.scores == "scaled"
    own = case.tables[case.model].select(TRUTH_COLUMNS).collect()
    truth = forecast_truth(own, case.scale, case.model, scaled=scaled)
    columns = 4 * len(truth.channels) + 1
    plan = plan_resamples(truth.samples, overlap=case.overlap, columns=columns, seed=case.seed)
    errors = {
        entrant.name: forecast_errors(truth, _forecast(case, truth, entrant.name), plan)
        for entrant in case.entrants
    }
    lines = standings(
        case.entrants,
        {name: found.binned for name, found in errors.items()},
        head="forecast",
        plan=plan,
        config=case.config,
        seed=case.seed,
    )
    best = next((line.name for line in lines if line.role != "model"), None)
    rival = _forecast(case, truth, best) if best else None
    details = ForecastDetails(truth, errors, _forecast(case, truth, case.model), rival, scaled)
    return _judged(case, lines, details, samples=truth.samples, plan=plan)


def _forecast(case: Case, truth: ForecastTruth, name: str) -> Floats:
    """Read one model's forecasts; they are read again where they are shown, so that few are held."""
    return forecast_answer(case.tables[name].select(ANSWER_COLUMNS).collect(), truth, name)


def _judged(
    case: Case,
    lines: list[Standing],
    details: ClassDetails | ForecastDetails,
    *,
    samples: Samples,
    plan: Plan | None,
    only: str | None = None,
) -> Judged:
    why = shortage(samples, overlap=case.overlap)
    classes = details.truth.classes if isinstance(details, ClassDetails) else ()
    told = verdict(
        lines,
        head="classify" if isinstance(details, ClassDetails) else "forecast",
        samples=len(samples),
        confidence=case.config.confidence,
        only_class=only,
        classes=classes,
        absent=absent_classes(details.truth) if isinstance(details, ClassDetails) else (),
        shortage=why,
        improving=any(history.is_improving for history in case.histories if history.name == case.model),
    )
    return Judged(
        model=case.model,
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
    )
