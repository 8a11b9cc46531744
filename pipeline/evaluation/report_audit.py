"""What the report shows of the leakage audit."""

from dataclasses import dataclass

from pipeline.evaluation.wording import listed
from pipeline.leakage.findings import Finding, Findings

ORDER = ("leak", "warning", "note", "none")
TONES = {"leak": "bad", "warning": "unsure", "note": "even", "none": "good"}
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class AuditRow:
    """One thing that was found, or looked for and not found."""

    check: str
    severity: str
    tone: str
    sentence: str
    share: str
    """``12 of 400``; nothing where there is no count."""

    examples: tuple[str, ...]
    more: int
    """Examples left out."""


@dataclass(frozen=True)
class AuditSection:
    """The part of the page about leaks; ``is_clean`` puts it at the end."""

    lead: str
    rows: tuple[AuditRow, ...]
    clean: str
    """What was looked for and not found, as one list."""

    is_clean: bool


def audit_section(findings: Findings) -> AuditSection | None:
    """Return the findings, the worst first; None where nothing was looked for."""
    if not findings.findings:
        return None
    found = [each for severity in ORDER[:-1] for each in findings.findings if each.severity == severity]
    counts = findings.counts()
    if counts["leak"]:
        lead = "Something of the test split was there while the model learnt, so its score may be inflated."
    elif counts["warning"]:
        lead = "The test score may be inflated: look at the warnings before you trust it."
    else:
        lead = "Nothing says that the test score is inflated."
    names = [each.check for each in findings.findings if each.severity == "none"]
    return AuditSection(
        lead=lead,
        rows=tuple(_row(each) for each in found),
        clean=listed(names, most=len(names)),
        is_clean=not counts["leak"] and not counts["warning"],
    )


def _row(finding: Finding) -> AuditRow:
    shown = finding.examples[:MOST_EXAMPLES]
    return AuditRow(
        check=finding.check,
        severity=finding.severity,
        tone=TONES[finding.severity],
        sentence=finding.sentence,
        share=f"{finding.count:,} of {finding.of:,}"
        if finding.of
        else f"{finding.count:,}"
        if finding.count
        else "",
        examples=shown,
        more=len(finding.examples) - len(shown),
    )
