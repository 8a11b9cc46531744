"""The tier `reference`: Great Expectations over how far the data are from those accepted last."""

from typing import assert_never

import numpy as np

from pipeline.quality.build import build_expectation, wanted
from pipeline.quality.figures import spread
from pipeline.quality.judge import VALUE, judge
from pipeline.quality.profile import Profile
from pipeline.quality.read import SuiteFile
from pipeline.quality.reference import (
    Reference,
    as_reference,
    ks,
    missing_values,
    new_values,
    null_rise,
    psi,
)
from pipeline.quality.rules_reference import ReferenceColumnRule, ReferenceTableRule
from pipeline.quality.sketch import day_text
from pipeline.quality.suite import AnyReferenceRule, Words, resolved_columns
from pipeline.quality.verdict import Finding, figure, listed, shown, status_of

DAYS_SHOWN = 5


def judge_reference(file: SuiteFile, profile: Profile, then: Reference, words: Words) -> list[Finding]:
    """Return what Great Expectations finds in the distances between the new data and the accepted ones."""
    now = as_reference(profile)
    return [
        _finding(file, position, rule, _distances(rule, now, then, words))
        for position, rule in enumerate(file.suite.reference)
    ]


Distances = dict[str, tuple[float | None, str]]
"""Column, or name of the rule → how far it moved (None: nothing to compare), and that in words."""


def _distances(rule: AnyReferenceRule, now: Reference, then: Reference, words: Words) -> Distances:
    if isinstance(rule, ReferenceTableRule):
        return {rule.rule: _table_distance(rule, now, then)}
    return {name: _column_distance(rule, now, then, name) for name in resolved_columns(rule, words)}


def _table_distance(rule: ReferenceTableRule, now: Reference, then: Reference) -> tuple[float | None, str]:
    match rule.rule:
        case "rows_ratio":
            ratio = now.rows / then.rows if then.rows else None
            return ratio, f"{figure(ratio)} ({now.rows:,} rows now, {then.rows:,} then)"
        case "lost_days":
            if not then.days:
                return None, "no days"
            lost = sorted(then.days - now.days)
            return float(len(lost)), _counted([day_text(day) for day in lost], DAYS_SHOWN)
        case _:
            assert_never(rule.rule)


def _column_distance(
    rule: ReferenceColumnRule, now: Reference, then: Reference, name: str
) -> tuple[float | None, str]:
    match rule.rule:
        case "new_values" | "missing_values":
            find = new_values if rule.rule == "new_values" else missing_values
            values = find(now, then, name)
            if values is None:
                return None, "no categories"
            return float(len(values)), _counted([shown(value) for value in values], rule.examples)
        case "psi":
            distance = psi(now, then, name, rule.least_rows)
        case "ks":
            distance = ks(now, then, name, rule.least_rows)
        case "null_rise":
            distance = null_rise(now, then, name)
        case _:
            assert_never(rule.rule)
    return distance, figure(None if distance is None else float(f"{distance:.4g}"))


def _counted(names: list[str], most: int) -> str:
    return f"{len(names):,}" + (f": {listed(names, most)}" if names and most else "")


def _finding(file: SuiteFile, position: int, rule: AnyReferenceRule, distances: Distances) -> Finding:
    known = {name: (value, said) for name, (value, said) in distances.items() if value is not None}
    values = np.array([value for value, _ in known.values()], np.float64)
    outcome = judge(build_expectation(rule), {VALUE: values}) if known else None
    names = list(known)
    failing = {shown(names[at]): known[names[at]][1] for at in (outcome.failed.tolist() if outcome else ())}
    error = outcome.broken if outcome else None
    held = outcome is None or outcome.held
    passed_over = len(distances) - len(known)
    observed = spread([value for value, _ in known.values()]) if known else "nothing to compare"
    if known and passed_over:
        observed += f"; {passed_over} with too little to compare"
    return Finding(
        tier="reference",
        rule=rule.rule,
        place=file.place("reference", position),
        columns=getattr(rule, "columns", ()),
        wanted=wanted(rule),
        observed=observed,
        status=status_of(held, rule.on_fail, error),
        on_fail=rule.on_fail,
        expectation=outcome.expectation if outcome else "",
        checked=outcome.checked if outcome else 0,
        failed=len(failing),
        failing=failing,
        error=error,
    )
