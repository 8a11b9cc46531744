"""The two verdicts of a run in words: on its data, by ``validate``, and on its model, by ``evaluate``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.runs.record import Record
from pipeline.foundation.words import one_line, plural

GATE = "validate"
UNTRIED = ("not run", "stopped")
WORTH = {
    "beats": "Worth it",
    "within noise": "Not shown to be worth it",
    "no signal": "Not worth it: nothing was found that could be learnt",
    "loses": "Not worth it",
    "inflated": "Not to be believed: the audit found a leak",
    "one class": "Not worth it: it says the same of every sample",
    "untested": "Not tested",
    "unrivalled": "Not tested: it has no rival",
}
"""Outcome of the verdict → what a person wants to know first."""


@dataclass(frozen=True)
class Told:
    """A verdict for Prefect's UI."""

    line: str
    """One line, which stands on the card of the artifact."""

    markdown: str


def validation_told(project: Path, record: Record) -> Told | None:
    """Return the verdict on the data; None where the run did not get that far, or has no such stage."""
    outcome = next((run.outcome for run in record.stages if run.stage == GATE), None)
    if outcome is None or outcome in UNTRIED:
        return None
    if outcome == "failed":
        page = f"reports/{record.run}/data_docs/index.html"
        why = one_line(record.message)
        return Told(
            f"Stopped: {why}", f"**Stopped.** {record.message}\n\nWhat was found, rule by rule: `{page}`\n"
        )
    report = _read(project / "data" / GATE / "report.json")
    if report is None:
        return None
    warned = [f"- {rule}" for rule in report.get("warned", ())]
    passed = f"Passed{' with ' + plural(len(warned), 'warning') if warned else ''}"
    summary = str(report.get("summary", ""))
    return Told(f"{passed}: {summary}", "\n".join([f"**{passed}.** {summary}", "", *warned]) + "\n")


def evaluation_told(project: Path) -> Told | None:
    """Return whether the hybrid is worth it; None where nothing has been evaluated."""
    report = _read(project / "data" / "evaluate" / "report.json")
    verdict = None if report is None else report.get("verdict")
    if not isinstance(verdict, dict):
        return None
    worth = WORTH.get(str(verdict.get("outcome")), str(verdict.get("outcome")))
    rival = verdict.get("rival")
    lines = [f"## {worth}", f"**{verdict.get('headline')}**: {verdict.get('evidence')}"]
    lines += [f"Best of those that are no hybrid: {rival}."] if rival else []
    return Told(f"{worth}: {verdict.get('headline')}", "\n\n".join(lines) + "\n")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
