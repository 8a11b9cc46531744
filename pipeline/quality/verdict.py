"""What was found, rule by rule, and what follows from it."""

import math
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipeline.foundation.words import plural

Tier = Literal["schema", "profile", "rows", "reference"]
Status = Literal["held", "warned", "quarantined", "stopped", "broken"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Frozen):
    """One offending row."""

    sample_id: int
    origin: str
    group: str | None
    time: str | None
    column: str
    value: str


class Finding(_Frozen):
    """One rule of the suite, judged."""

    tier: Tier
    rule: str
    place: str
    """Where the rule stands, ``quality.yaml:17``."""

    columns: tuple[str, ...]
    """What the rule is about, as the suite writes it."""

    wanted: str
    problem: str = ""
    """What is wrong with a row that breaks the rule, to follow a column's name."""

    observed: str
    status: Status
    on_fail: Literal["stop", "quarantine", "warn"]
    expectation: str
    """Name of the expectation of Great Expectations that judged."""

    checked: int
    """Values judged."""

    failed: int
    """Rows (tier rows) or figures (tiers profile, reference) or columns (tier schema) that do not hold."""

    failing: dict[str, str]
    """Column, class or figure that does not hold, with the number of rows or what was observed."""

    examples: tuple[Example, ...] = ()
    error: str | None = None
    """What the check raised, where it could not judge: the check is broken then, not the data."""

    @property
    def stops(self) -> bool:
        """Whether the run ends because of it."""
        return self.status == "stopped" or (self.status == "broken" and self.on_fail != "warn")


class Verdict(_Frozen):
    """Every finding about one table, and what happens to its rows."""

    suite: str
    held: bool
    """Whether the run goes on."""

    rows: int
    passed: int
    quarantined: int
    limit: float
    """Share of rows that may be set aside."""

    great_expectations: str
    findings: tuple[Finding, ...]
    compared_with: str | None = None
    """What the tier ``reference`` compared the table with, for a person; None: with nothing."""

    profile: dict[str, object]
    """Figures about the table, its columns, its classes, and their distributions."""

    def count(self, status: Status) -> int:
        """Return the number of findings with ``status``."""
        return sum(finding.status == status for finding in self.findings)

    @property
    def over_limit(self) -> bool:
        """Whether more rows were set aside than may be."""
        return self.quarantined > self.limit * self.rows

    @property
    def summary(self) -> str:
        """What happened, in one sentence."""
        aside = f"{self.quarantined:,} set aside" if self.quarantined else "none set aside"
        warned = f", {self.count('warned')} of them with a warning" if self.count("warned") else ""
        return (
            f"{self.passed:,} of {counted_rows(self.rows)} passed, {aside}; "
            f"{plural(len(self.findings), 'rule')} of {self.suite} checked{warned}"
        )


def status_of(held: bool, on_fail: Literal["stop", "quarantine", "warn"], error: str | None = None) -> Status:
    """Return what a rule's outcome leads to."""
    if error is not None:
        return "broken"
    if held:
        return "held"
    statuses: dict[str, Status] = {"stop": "stopped", "quarantine": "quarantined", "warn": "warned"}
    return statuses[on_fail]


def stop_message(verdict: Verdict, *, quarantine: str, docs: str) -> str:
    """Return at most five lines: which rules, which columns, how many rows, examples, where to look."""
    reasons = [_reason(finding) for finding in verdict.findings if finding.stops]
    if verdict.over_limit:
        reasons.append(_limit_reason(verdict))
    elif verdict.rows and not verdict.passed and not reasons:
        reasons.append(f"no row is left after setting {verdict.quarantined:,} aside")
    elif not verdict.rows and not reasons:
        reasons.append("the table has no rows")
    most = 3 if len(reasons) <= 3 else 2
    more = [f"… and {len(reasons) - most} more"] if len(reasons) > most else []
    head = f"{verdict.suite} does not hold for {counted_rows(verdict.rows)} of data/ingest/table.parquet:"
    return "\n".join([head, *reasons[:most], *more, f"set aside: {quarantine}; every rule: {docs}"])


def shown(value: object, most: int = 60) -> str:
    """Return a cell as one short printable line; users' data may hold anything, terminal codes too."""
    if value is None:
        return "empty"
    if isinstance(value, float):
        return figure(value)
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(value))
    return text if len(text) <= most else text[: most - 1] + "…"


def figure(value: float | None) -> str:
    """Return a number with at most six significant digits, whole numbers in full."""
    if value is None:
        return "nothing to measure"
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def counted_rows(count: int) -> str:
    """Return ``1 row`` or ``1,234 rows``."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def listed(entries: Iterable[str], most: int) -> str:
    """Return the first entries, and how many more there are."""
    every = list(entries)
    more = f", … and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _reason(finding: Finding) -> str:
    where = f"{finding.tier}.{finding.rule} ({finding.place})"
    if finding.error is not None:
        about = f" on {listed(finding.columns, 3)}" if finding.columns else ""
        return f"{where}: the check itself is broken{about}, the data were not judged: {shown(finding.error, 160)}"
    if finding.tier == "rows":
        examples = listed((f"{e.origin} ({e.column} {e.value})" for e in finding.examples[:3]), 3)
        columns = listed(map(shown, finding.failing), 3)
        such = f", such as {examples}" if examples else ""
        return f"{where}: {counted_rows(finding.failed)} where {columns} {finding.problem}{such}"
    alone = set(finding.failing) == {finding.rule}  # a figure of the whole table is named by its rule
    failing = listed((value if alone else f"{key} {value}" for key, value in finding.failing.items()), 3)
    return f"{where}: {failing}; wanted {finding.wanted}"


def _limit_reason(verdict: Verdict) -> str:
    share = verdict.quarantined / verdict.rows
    by_rule = sorted(
        (finding for finding in verdict.findings if finding.status == "quarantined"),
        key=lambda finding: -finding.failed,
    )
    rules = listed((_short(finding) for finding in by_rule), 2)
    return (
        f"{counted_rows(verdict.quarantined)} ({share:.1%}) had to be set aside, and "
        f"quality.max_quarantined={verdict.limit:g} allows {verdict.limit:.1%}: {rules}"
    )


def _short(finding: Finding) -> str:
    first = finding.examples[0] if finding.examples else None
    such = f", such as {first.origin} ({first.column} {first.value})" if first else ""
    return (
        f"{finding.rule} ({finding.place}) on {listed(map(shown, finding.failing), 2)} "
        f"in {counted_rows(finding.failed)}{such}"
    )
