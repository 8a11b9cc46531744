"""From prediction tables to everything a plot or a report tells; one function per head."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from pipeline.evaluation.bands import band_scores, read_band
from pipeline.evaluation.case import Case, conclude
from pipeline.evaluation.classify import (
    absent_classes,
    class_answer,
    class_sums,
    class_truth,
    extra_scores,
    only_class,
)
from pipeline.evaluation.forecast import (
    ANSWER_COLUMNS,
    TRUTH_COLUMNS,
    ForecastErrors,
    ForecastTruth,
    forecast_answer,
    forecast_errors,
    forecast_truth,
)
from pipeline.evaluation.judge import Head, standings
from pipeline.evaluation.judged import ClassDetails, ForecastDetails, Judged, LabelDetails
from pipeline.evaluation.labels import (
    absent_labels,
    label_answer,
    label_sums,
    label_truth,
    mean_auc,
    only_labels,
)
from pipeline.evaluation.numbers import only_number, other_units
from pipeline.evaluation.samples import Floats
from pipeline.evaluation.verdict import Doubts


def judge_classes(case: Case) -> Judged:
    """Score every classification table of ``case``.

    Raises:
        DataError: A table is empty, holds NaN, or other samples than the model's.
    """
    own = case.tables[case.model][0].collect()
    truth = class_truth(own, case.model)
    plan = case.plan(truth.samples, columns=3 * len(truth.classes) + 1)
    mine = class_answer(own, truth, case.model)
    binned, extra = {}, {}
    for name, tables in case.tables.items():
        answers = [class_answer(table.collect(), truth, name) for table in tables]
        binned[name] = [class_sums(truth, answer, plan) for answer in answers]
        extra[name] = _means([extra_scores(truth, answer) for answer in answers])
    lines = standings(
        case.entrants, binned, head="classify", plan=plan, config=case.config, seed=case.seed, extra=extra
    )
    doubts = Doubts(only_class(truth, mine), truth.classes, tuple(absent_classes(truth)))
    return conclude(case, lines, ClassDetails(truth, mine), head="classify", plan=plan, doubts=doubts)


def judge_labels(case: Case) -> Judged:
    """Score every multilabel table of ``case``.

    Raises:
        DataError: A table is empty, holds NaN, or other samples than the model's.
    """
    own = case.tables[case.model][0].collect()
    truth = label_truth(own, case.model)
    plan = case.plan(truth.samples, columns=3 * len(truth.labels) + 2)
    mine = label_answer(own, truth, case.model)
    binned, extra = {}, {}
    for name, tables in case.tables.items():
        answers = [label_answer(table.collect(), truth, name) for table in tables]
        binned[name] = [label_sums(truth, answer, plan) for answer in answers]
        extra[name] = _means([mean_auc(truth, answer) for answer in answers])
    lines = standings(
        case.entrants, binned, head="multilabel", plan=plan, config=case.config, seed=case.seed, extra=extra
    )
    doubts = Doubts(only_labels(truth, mine), truth.labels, tuple(absent_labels(truth)), noun="label")
    return conclude(case, lines, LabelDetails(truth, mine), head="multilabel", plan=plan, doubts=doubts)


def judge_forecasts(case: Case) -> Judged:
    """Score every forecast table of ``case``.

    Raises:
        DataError: A table is empty, holds NaN, or other windows than the model's.
    """
    return _judge_values(case, head="forecast")


def judge_numbers(case: Case) -> Judged:
    """Score every regression table of ``case``: forecasts of one step, told in both units.

    Raises:
        DataError: A table is empty, holds NaN, or other samples than the model's.
    """
    return _judge_values(case, head="regress")


JUDGES: Mapping[Head, Callable[[Case], Judged]] = {
    "classify": judge_classes,
    "multilabel": judge_labels,
    "regress": judge_numbers,
    "forecast": judge_forecasts,
}


def _judge_values(case: Case, *, head: Head) -> Judged:
    scaled = case.config.scores == "scaled"
    own = case.tables[case.model][0].select(TRUTH_COLUMNS).collect()
    truth = forecast_truth(own, case.scale, case.model, scaled=scaled)
    plan = case.plan(truth.samples, columns=4 * len(truth.channels) + 1)
    trainings = {
        name: [forecast_errors(truth, _read(table, truth, name), plan) for table in tables]
        for name, tables in case.tables.items()
    }
    errors = {name: found[0] for name, found in trainings.items()}
    lines = standings(
        case.entrants,
        {name: [each.binned for each in found] for name, found in trainings.items()},
        head=head,
        plan=plan,
        config=case.config,
        seed=case.seed,
        extra=_other_units(case, truth, trainings) if head == "regress" else _bands(case, truth),
    )
    best = next((line.name for line in lines if line.role != "model"), None)
    rival = _forecast(case, truth, best) if best else None
    answer = _forecast(case, truth, case.model)
    doubts = Doubts(only_number(truth, answer) if head == "regress" else None)
    band = read_band(case.tables[case.model][0], truth, case.model)
    details = ForecastDetails(truth, errors, answer, rival, scaled, band)
    return conclude(case, lines, details, head=head, plan=plan, doubts=doubts)


def _bands(case: Case, truth: ForecastTruth) -> dict[str, dict[str, float]]:
    return {
        name: _means([band_scores(table, truth, name) for table in tables])
        for name, tables in case.tables.items()
    }


def _other_units(
    case: Case, truth: ForecastTruth, trainings: Mapping[str, Sequence[ForecastErrors]]
) -> dict[str, dict[str, float]]:
    scaled, deviation = case.config.scores == "scaled", case.scale.get(truth.channels[0])
    return {
        name: _means([other_units(each, deviation, scaled=scaled) for each in found])
        for name, found in trainings.items()
    }


def _means(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over the trainings of each score that all of them have."""
    common = [name for name in scores[0] if all(name in each for each in scores)]
    return {name: sum(each[name] for each in scores) / len(scores) for name in common}


def _forecast(case: Case, truth: ForecastTruth, name: str) -> Floats:
    """Read the forecasts of a model's first training again where they are shown, so that few are held."""
    return _read(case.tables[name][0], truth, name)


def _read(table: pl.LazyFrame, truth: ForecastTruth, name: str) -> Floats:
    return forecast_answer(table.select(ANSWER_COLUMNS).collect(), truth, name)
