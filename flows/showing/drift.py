"""What a retrain says of new data: how they compare with those of the champion."""

from pathlib import Path

from pipeline.foundation.errors import PipelineError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.registry.champion import champion_folder, read_registry
from pipeline.stages.drifting import data_drift

FILE = "drift.json"


def drift_from_champion(project: Path, reports: Path) -> str | None:
    """Return one line about the data of the last run, and write all tests to ``drift.json``; None without a champion.

    It stops nothing: whether the data may be used at all, the gate has said before.

    Args:
        project: Whose data passed the gate.
        reports: Folder of the run's reports.
    """
    try:
        if read_registry(project).champion is None:
            return None
        report = data_drift(project / "data", champion_folder(project))
    except (PipelineError, OSError) as error:
        return f"drift not tested: {error}"
    write_atomically(json_text(report.model_dump(mode="json")), reports / FILE)
    return f"new data beside those of the champion: {report.summary}"
