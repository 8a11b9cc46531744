"""What a leakage audit found, each with counts, examples and a severity."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["leak", "warning", "note"]
"""`leak`: the test score is inflated; `warning`: it may be; `note`: worth knowing."""


class Finding(BaseModel):
    """One thing that was found, or looked for and not found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    """What was looked for, such as `exact duplicates`."""

    severity: Severity | Literal["none"]
    """`none`: looked for, and not found."""

    sentence: str
    """For a person: what, how many of how many, and what to do."""

    count: int = 0
    of: int = 0
    examples: tuple[str, ...] = ()


class Findings(BaseModel):
    """Everything that was looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    findings: tuple[Finding, ...]

    @property
    def summary(self) -> str:
        """Return one clause for a person: ``audit: 2 leaks, 1 warning``."""
        counts = {name: count for name, count in self.counts().items() if count and name != "none"}
        told = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items())
        return f"audit: {told or 'nothing found'}"

    def counts(self) -> dict[str, int]:
        """Return how many findings there are per severity, the worst first."""
        names = ("leak", "warning", "note", "none")
        return {name: sum(found.severity == name for found in self.findings) for name in names}

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences about leaks and warnings, the worst first."""
        return tuple(
            found.sentence
            for severity in ("leak", "warning")
            for found in self.findings
            if found.severity == severity
        )
