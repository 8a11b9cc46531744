"""The two verdicts of a run in words: on its data, by ``validate``, and on its model, by ``evaluate``."""

import json
from pathlib import Path
from typing import Any

from flows.runs.record import Record
from pipeline.foundation.words import plural

GATE = "validate"
UNTRIED = ("not run", "stopped")
WORTH = {
    "beats": "Worth it",
    "within noise": "Not shown to be worth it",
    "loses": "Not worth it",
    "inflated": "Not to be believed: the audit found a leak",
    "one class": "Not worth it: it says the same of every sample",
    "untested": "Not tested",
    "unrivalled": "Not tested: it has no rival",
}
"""Outcome of the verdict → what a person wants to know first."""


def validation_text(project: Path, record: Record) -> str | None:
    """Return the verdict on the data as markdown; None where the run did not get that far, or has no such stage."""
    outcome = next((run.outcome for run in record.stages if run.stage == GATE), None)
    if outcome is None or outcome in UNTRIED:
        return None
    if outcome == "failed":
        page = f"reports/{record.run}/data_docs/index.html"
        return f"**Stopped.** {record.message}\n\nWhat was found, rule by rule: `{page}`\n"
    report = _read(project / "data" / GATE / "report.json")
    if report is None:
        return None
    warned = [f"- {rule}" for rule in report.get("warned", ())]
    head = f"**Passed{' with ' + plural(len(warned), 'warning') if warned else ''}.** {report.get('summary', '')}"
    return "\n".join([head, "", *warned]) + "\n"


def evaluation_text(project: Path) -> str | None:
    """Return the verdict on the model as markdown; None where nothing has been evaluated."""
    report = _read(project / "data" / "evaluate" / "report.json")
    verdict = None if report is None else report.get("verdict")
    if not isinstance(verdict, dict):
        return None
    worth = WORTH.get(str(verdict.get("outcome")), str(verdict.get("outcome")))
    rival = verdict.get("rival")
    lines = [f"## {worth}", f"**{verdict.get('headline')}**: {verdict.get('evidence')}"]
    return "\n\n".join([*lines, *([f"Best of those that are no hybrid: {rival}."] if rival else [])]) + "\n"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
