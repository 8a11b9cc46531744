"""What a retrain says of new data: how they compare with those of the champion."""

from pathlib import Path

from flows.watching.heard import DIGITS, heard
from flows.watching.history import Entry
from pipeline.drift.findings import DriftReport
from pipeline.foundation.errors import PipelineError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.drifting import data_drift

FILE = "drift.json"


def drift_from_champion(project: Path, reports: Path) -> DriftReport | str | None:
    """Compare the data of the last run with those of the champion, and write all tests to ``drift.json``.

    It stops nothing: whether the data may be used at all, the gate has said before.

    Args:
        project: Whose data passed the gate.
        reports: Folder of the run's reports.

    Returns:
        What was found; why nothing was tested; None without a champion.
    """
    try:
        if read_registry(project).champion is None:
            return None
        report = data_drift(project / "data", champion_folder(project))
    except (PipelineError, OSError) as error:
        return f"drift not tested: {error}"
    write_atomically(json_text(report.model_dump(mode="json")), reports / FILE)
    return report


def entry_of(project: Path, report: DriftReport, *, run: str) -> Entry:
    """Return the line of the history for what a retrain found."""
    data = sha256(project / "data" / "validate" / MANIFEST)[:DIGITS]
    champion = champion_folder(project).name
    entry = Entry.of(report, kind="retrain", model=champion, data=data, name="new data")
    return entry.model_copy(update={"run": run})


def keep(project: Path, entry: Entry, summary: str) -> Entry:
    """Keep it in the history, and tell it where it alarms, unless the model of this run has become the champion."""
    return heard(project, entry, summary, answered=read_registry(project).champion != entry.model)
