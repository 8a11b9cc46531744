"""The three tiers in turn over one table: what is found, and which rows are set aside."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import ConfigError
from pipeline.quality.figures import judge_profile, judge_schema
from pipeline.quality.judge import gx_version
from pipeline.quality.parquet import Footer, read_batches, read_footer
from pipeline.quality.profile import IMAGE_COLUMNS, NUMBERS, Profile, measure_profile, profiled_columns
from pipeline.quality.read import SuiteFile, nearest
from pipeline.quality.rows import RowsJudged, judge_rows, needed_columns
from pipeline.quality.suite import (
    CHANNELS,
    Between,
    ColumnRule,
    Finite,
    Length,
    Matches,
    Readable,
    UniqueTime,
    resolved_columns,
)
from pipeline.quality.verdict import Finding, Verdict

NOTHING = pl.DataFrame(schema={"sample_id": pl.Int64, "reason": pl.String})


def judge_table(
    file: SuiteFile,
    table: Path,
    *,
    channels: tuple[str, ...],
    step_seconds: float | None,
    limit: float,
    examples: int,
) -> tuple[Verdict, pl.DataFrame]:
    """Return the verdict on ``table``, and ``sample_id`` and ``reason`` of the rows to set aside.

    Where columns or types are wrong and that stops the run, the other tiers are left out: they
    would only repeat it.

    Args:
        file: The suite.
        table: Parquet, as ``docs/formats.md`` describes it.
        channels: Names of its channels.
        step_seconds: Usual distance of two rows.
        limit: Share of rows that may be set aside.
        examples: Offending rows shown for each rule.

    Raises:
        ConfigError: A rule names a column that does not exist, or one of the wrong type.
    """
    footer = read_footer(table)
    check_columns(file, footer, channels)
    findings = judge_schema(file, footer.types)
    profile, rows = None, RowsJudged([], NOTHING)
    if not any(finding.stops for finding in findings):
        profile = _profile(table, footer, step_seconds)
        findings += judge_profile(file, profile, channels)
        columns = needed_columns(file, footer.types, channels)
        batches = read_batches(table, columns) if columns else iter(())
        rows = judge_rows(file, batches, channels=channels, examples=examples)
    return _verdict(
        file, footer.rows, [*findings, *rows.findings], rows.set_aside, profile, limit
    ), rows.set_aside


def check_columns(file: SuiteFile, footer: Footer, channels: tuple[str, ...]) -> None:
    """Refuse rules about columns that neither the table nor the suite's schema has, or of a wrong type.

    A column that the schema lists and the table lacks is no mistake in the suite: the tier
    ``schema`` tells that story.

    Raises:
        ConfigError: Such a rule exists.
    """
    for tier, rules in (("profile", file.suite.profile), ("rows", file.suite.rows)):
        for position, rule in enumerate(rules):
            place = f"{file.place(tier, position)} {tier}[{position}] ({rule.rule})"
            if CHANNELS in getattr(rule, "columns", ()) and not channels:
                raise ConfigError(f"{place}: columns: {CHANNELS} means every channel, and images have none")
            for name in resolved_columns(rule, channels):
                if name not in footer.types and name not in file.suite.columns.columns:
                    raise ConfigError(_no_column(place, rule, name, footer))
                problem = _wrong_type(rule, footer.types.get(name))
                if problem:
                    raise ConfigError(
                        f"{place}: {name} holds {footer.types[name]}, and {rule.rule} {problem}"
                    )


def _no_column(place: str, rule: object, name: str, footer: Footer) -> str:
    if isinstance(rule, Readable):
        return f"{place}: it is about images, and the table holds a series"
    return f"{place}: the table has no column {name}; {nearest(name, footer.types, what='it has')}"


def _wrong_type(rule: object, kind: str | None) -> str | None:
    """Return what ``rule`` needs where the type does not do."""
    if kind is None:
        return None
    if kind == "Binary":
        return "cannot look into pictures; use readable"
    times = isinstance(rule, Between) and not isinstance(rule.max if rule.min is None else rule.min, float)
    if times:
        return None if kind in ("Datetime", "Date") else "with bounds that are times needs a column of times"
    figure = isinstance(rule, ColumnRule) and rule.rule not in ("nulls", "null_share", "distinct")
    if figure or isinstance(rule, (Between, Finite)):
        return None if kind in NUMBERS else "needs a column of numbers"
    if isinstance(rule, (Matches, Length)):
        return None if kind == "String" else "needs a column of text"
    if isinstance(rule, UniqueTime):
        return None if kind in ("String", "Datetime") else "needs group and time"
    return None


def _profile(table: Path, footer: Footer, step_seconds: float | None) -> Profile:
    pictures = footer.types.get("image") == "Binary"
    images: Iterator[pl.DataFrame] = read_batches(table, IMAGE_COLUMNS) if pictures else iter(())
    return measure_profile(
        read_batches(table, profiled_columns(footer.types)),
        footer.types,
        step_seconds=step_seconds,
        images=images,
    )


def _verdict(
    file: SuiteFile,
    rows: int,
    findings: list[Finding],
    set_aside: pl.DataFrame,
    profile: Profile | None,
    limit: float,
) -> Verdict:
    quarantined = len(set_aside)
    stopped = any(finding.stops for finding in findings)
    held = not stopped and quarantined < rows and quarantined <= limit * rows
    return Verdict(
        suite=file.name,
        held=held,
        rows=rows,
        passed=rows - quarantined,
        quarantined=quarantined,
        limit=limit,
        great_expectations=gx_version(),
        findings=tuple(findings),
        profile=asdict(profile) if profile else {},
    )
