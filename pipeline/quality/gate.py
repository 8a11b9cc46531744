"""The four tiers in turn over one table: what is found, and which rows are set aside."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import ConfigError
from pipeline.quality.compare import judge_reference
from pipeline.quality.figures import judge_profile, judge_schema
from pipeline.quality.judge import gx_version
from pipeline.quality.parquet import Footer, read_batches, read_footer
from pipeline.quality.profile import (
    NUMBERS,
    PAYLOAD_FIGURES,
    Profile,
    measure_profile,
    payload_columns,
    profiled_columns,
)
from pipeline.quality.read import SuiteFile, nearest
from pipeline.quality.reference import Reference
from pipeline.quality.rows import RowsJudged, judge_rows, needed_columns
from pipeline.quality.rules_rows import (
    Between,
    Duration,
    Finite,
    HasWords,
    InLanguage,
    InScript,
    Length,
    Matches,
    NotBelow,
    NotBlank,
    NotSilent,
    Positive,
    Readable,
    UniqueTime,
)
from pipeline.quality.suite import (
    CATEGORIES,
    CHANNELS,
    ColumnRule,
    Words,
    needed_columns_of,
    resolved_columns,
)
from pipeline.quality.verdict import Finding, Verdict

NOTHING = pl.DataFrame(schema={"sample_id": pl.Int64, "reason": pl.String})
EVIDENCE_ROWS = 1_000_000
"""Reasons that are kept at least, also where so many rows are set aside that the run stops."""


def judge_table(
    file: SuiteFile,
    table: Path,
    *,
    channels: tuple[str, ...],
    step_seconds: float | None,
    limit: float,
    examples: int,
    categories: tuple[str, ...] = (),
    reference: Reference | None = None,
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
        categories: Names of its categories.
        reference: The data accepted last; None: nothing is compared.

    Raises:
        ConfigError: A rule names a column that does not exist, or one of the wrong type.
    """
    footer = read_footer(table)
    words = {CHANNELS: channels, CATEGORIES: categories}
    check_columns(file, footer, words)
    findings = judge_schema(file, footer.types)
    profile, rows = None, RowsJudged([], NOTHING, 0)
    if not any(finding.stops for finding in findings):
        profile = _profile(file, table, footer, step_seconds)
        findings += judge_profile(file, profile, words)
        columns = needed_columns(file, footer.types, words)
        batches = read_batches(table, columns) if columns else iter(())
        keep = max(EVIDENCE_ROWS, int(limit * footer.rows))
        rows = judge_rows(file, batches, words=words, examples=examples, most_reasons=keep)
        findings += rows.findings
        findings += judge_reference(file, profile, reference, words) if reference else []
    verdict = _verdict(file, footer.rows, findings, rows.count, profile, limit, reference)
    return verdict, rows.set_aside


def check_columns(file: SuiteFile, footer: Footer, words: Words) -> None:
    """Refuse rules about columns that neither the table nor the suite's schema has, or of a wrong type.

    A column that the schema lists and the table lacks is no mistake in the suite: the tier
    ``schema`` tells that story.

    Raises:
        ConfigError: Such a rule exists.
    """
    for tier, rules in (("profile", file.suite.profile), ("rows", file.suite.rows)):
        for position, rule in enumerate(rules):
            place = f"{file.place(tier, position)} {tier}[{position}] ({rule.rule})"
            _check_words(place, rule, words, footer)
            for name in needed_columns_of(rule, words):
                if name not in footer.types and name not in file.suite.columns.columns:
                    raise ConfigError(_no_column(place, rule, name, footer))
            for name in resolved_columns(rule, words):
                problem = _wrong_type(rule, footer.types.get(name))
                if problem:
                    raise ConfigError(
                        f"{place}: {name} holds {footer.types[name]}, and {rule.rule} {problem}"
                    )
    for position, reference_rule in enumerate(file.suite.reference):
        place = f"{file.place('reference', position)} reference[{position}] ({reference_rule.rule})"
        known = {*footer.types, *file.suite.columns.columns, "target"}
        for name in resolved_columns(reference_rule, words):
            if name not in known:
                raise ConfigError(_no_column(place, reference_rule, name, footer))


def _check_words(place: str, rule: object, words: Words, footer: Footer) -> None:
    """Refuse `channels` and `categories` where the table has none."""
    kind = "images" if "image" in footer.types else "recordings" if "sound" in footer.types else "the rows"
    for word, columns in words.items():
        if word in getattr(rule, "columns", ()) and not columns:
            raise ConfigError(f"{place}: columns: {word} means every {_singular(word)}, and {kind} have none")


def _singular(word: str) -> str:
    return {CHANNELS: "channel", CATEGORIES: "category"}[word]


def _no_column(place: str, rule: object, name: str, footer: Footer) -> str:
    kinds = {"image": "images", "sound": "recordings", "text": "texts"}
    rows = next((kind for name, kind in kinds.items() if name in footer.types), "a series or samples")
    if isinstance(rule, (Readable, NotBlank)):
        return f"{place}: it is about images, and the table holds {rows}"
    if isinstance(rule, (NotSilent, Duration)):
        return f"{place}: it is about recordings, and the table holds {rows}"
    return f"{place}: the table has no column {name}; {nearest(name, footer.types, what='it has')}"


def _wrong_type(rule: object, kind: str | None) -> str | None:
    """Return what ``rule`` needs where the type does not do."""
    if kind is None or isinstance(rule, (NotBlank, NotSilent)):
        return None
    if kind == "Binary":
        return "cannot look into pictures; use readable, or not_blank"
    times = isinstance(rule, Between) and not isinstance(rule.max if rule.min is None else rule.min, float)
    if times:
        return None if kind in ("Datetime", "Date") else "with bounds that are times needs a column of times"
    figure = isinstance(rule, ColumnRule) and rule.rule not in ("nulls", "null_share", "distinct")
    if figure or isinstance(rule, (Between, Finite, Positive, NotBelow)):
        return None if kind in NUMBERS else "needs a column of numbers"
    if isinstance(rule, (Matches, Length, HasWords, InLanguage, InScript)):
        return None if kind == "String" else "needs a column of text"
    if isinstance(rule, UniqueTime):
        return None if kind in ("String", "Datetime") else "needs group and time"
    return None


def _profile(file: SuiteFile, table: Path, footer: Footer, step_seconds: float | None) -> Profile:
    """Measure the table; pictures and recordings are only read where a rule asks for a figure about them."""
    asked = any(rule.rule in PAYLOAD_FIGURES for rule in file.suite.profile)
    columns = payload_columns(footer.types) if asked else ()
    payload: Iterator[pl.DataFrame] = read_batches(table, columns) if columns else iter(())
    return measure_profile(
        read_batches(table, profiled_columns(footer.types)),
        footer.types,
        step_seconds=step_seconds,
        payload=payload,
    )


def _verdict(
    file: SuiteFile,
    rows: int,
    findings: list[Finding],
    quarantined: int,
    profile: Profile | None,
    limit: float,
    reference: Reference | None,
) -> Verdict:
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
        compared_with=reference.about if reference else None,
        profile=asdict(profile) if profile else {},
    )
