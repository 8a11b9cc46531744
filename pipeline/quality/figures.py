"""The tiers `schema` and `profile`: Great Expectations over what the footer and the profile say."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.quality.build import build_expectation, wanted
from pipeline.quality.judge import VALUE, Outcome, judge, load_expectations
from pipeline.quality.profile import Profile
from pipeline.quality.read import SuiteFile
from pipeline.quality.suite import (
    AnyProfileRule,
    ClassesPresent,
    ClassRule,
    ColumnRule,
    TableRule,
    Words,
    resolved_columns,
)
from pipeline.quality.verdict import Finding, figure, listed, shown, status_of


def judge_schema(file: SuiteFile, types: Mapping[str, str]) -> list[Finding]:
    """Return whether the columns are there, have their types, and are the only ones."""
    rules = file.suite.columns
    if not rules.columns:
        return []
    gxe = load_expectations()
    names = _texts(types)
    present = judge(
        gxe.ExpectColumnDistinctValuesToContainSet(column=VALUE, value_set=list(rules.columns)),
        {VALUE: names},
    )
    absent = {name: "missing" for name in rules.columns if name not in types}
    shared = [name for name in rules.columns if name in types]
    pairs = [f"{name}: {types[name]}" for name in shared]
    typed = judge(
        gxe.ExpectColumnValuesToBeInSet(
            column=VALUE, value_set=[f"{name}: {rules.columns[name]}" for name in shared]
        ),
        {VALUE: _texts(pairs)},
    )
    other = {shared[at]: f"is {types[shared[at]]}, wanted {rules.columns[shared[at]]}" for at in typed.failed}
    listed_names = listed(rules.columns, 8)
    findings = [
        _schema_finding(file, "columns", present, absent, wanted=listed_names, checked=len(rules.columns)),
        _schema_finding(file, "types", typed, other, wanted="the listed types", checked=len(shared)),
    ]
    if rules.more_columns == "refuse":
        only = judge(
            gxe.ExpectColumnValuesToBeInSet(column=VALUE, value_set=list(rules.columns)), {VALUE: names}
        )
        every = list(types)
        extra = {every[at]: f"{types[every[at]]}, not listed" for at in only.failed}
        findings.append(
            _schema_finding(file, "more_columns", only, extra, wanted="no other column", checked=len(every))
        )
    return findings


def judge_profile(file: SuiteFile, profile: Profile, words: Words) -> list[Finding]:
    """Return what Great Expectations finds in the figures of the whole table."""
    return [
        _profile_finding(file, position, rule, profile, words)
        for position, rule in enumerate(file.suite.profile)
    ]


def _profile_finding(
    file: SuiteFile, position: int, rule: AnyProfileRule, profile: Profile, words: Words
) -> Finding:
    if isinstance(rule, ClassesPresent):
        outcome = judge(build_expectation(rule), {VALUE: _texts(profile.classes)})
        failing = {shown(name): "has no row" for name in rule.names if name not in profile.classes}
        observed = f"{len(profile.classes)} classes"
        held = outcome.held
    else:
        measured = _measured(rule, profile, words)
        values = np.array([np.nan if value is None else value for value in measured.values()], np.float64)
        outcome = judge(build_expectation(rule), {VALUE: values})
        # GX passes over what is missing; here a figure that cannot be measured does not hold
        held = outcome.held and not np.isnan(values).any()
        names = list(measured)
        bad = sorted(
            {int(at) for at in outcome.failed} | {int(at) for at in np.flatnonzero(np.isnan(values))}
        )
        failing = {shown(names[at]): figure(measured[names[at]]) for at in bad}
        observed = spread(list(measured.values()))
    return Finding(
        tier="profile",
        rule=rule.rule,
        place=file.place("profile", position),
        columns=getattr(rule, "columns", ()),
        wanted=wanted(rule),
        observed=observed,
        status=status_of(held, rule.on_fail, outcome.broken),
        on_fail=rule.on_fail,
        expectation=outcome.expectation,
        checked=outcome.checked,
        failed=0 if held else len(failing),
        failing={} if held else failing,
        error=outcome.broken,
    )


def _measured(
    rule: ColumnRule | TableRule | ClassRule, profile: Profile, words: Words
) -> dict[str, float | None]:
    if isinstance(rule, TableRule):
        return {rule.rule: profile.table.get(rule.rule)}
    if isinstance(rule, ClassRule):
        figures = profile.class_figures()
        return {name: figures[name][rule.rule] for name in figures} or {"target": None}
    columns = resolved_columns(rule, words)
    return {name: profile.columns.get(name, {}).get(rule.rule) for name in columns}


def _schema_finding(
    file: SuiteFile, rule: str, outcome: Outcome, failing: dict[str, str], *, wanted: str, checked: int
) -> Finding:
    on_fail = file.suite.columns.on_fail
    return Finding(
        tier="schema",
        rule=rule,
        place=file.place("schema", 0),
        columns=(),
        wanted=wanted,
        observed=f"{checked - len(failing) if rule != 'more_columns' else checked} columns",
        status=status_of(outcome.held, on_fail, outcome.broken),
        on_fail=on_fail,
        expectation=outcome.expectation,
        checked=checked,
        failed=len(failing),
        failing={shown(name): text for name, text in failing.items()},
        error=outcome.broken,
    )


def _texts(values: Sequence[str] | Mapping[str, object]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(list(values), dtype=object)


def spread(values: list[float | None]) -> str:
    """Return figures in a few words: one, or the range of several."""
    present = [value for value in values if value is not None]
    if not present:
        return "nothing to measure"
    low, high = min(present), max(present)
    if len(values) == 1:
        return figure(low)
    return f"{figure(low)} to {figure(high)} over {len(values)}"
