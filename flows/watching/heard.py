"""A comparison is done: it goes into the history, onto the page, and where it alarms, to whoever listens."""

import logging
from pathlib import Path

from flows.watching.event import tell
from flows.watching.history import Entry, append, entries
from flows.watching.page import write_page
from flows.watching.unanswered import remember
from pipeline.drift.findings import DriftReport
from pipeline.foundation.folder import sha256
from pipeline.registry.bundle import LINEAGE
from pipeline.registry.champion import version_folder
from pipeline.registry.lineage import told_lineage
from pipeline.registry.versions import parts
from pipeline.stages.drifting import drift_path

DIGITS = 12

log = logging.getLogger("pipeline")


def heard(project: Path, entry: Entry, summary: str, *, answered: bool = False) -> Entry:
    """Keep a comparison, and tell it where it alarms; the same data beside the same model are told once.

    Args:
        project: Whose history it is.
        entry: The comparison.
        summary: The same in a sentence.
        answered: Whether a model made from these very data has become the champion meanwhile.

    Returns:
        The line as it was kept. Where the folder cannot be written that is told in the log: what was asked for, such as
        predictions, is there all the same.
    """
    known = any(
        each.told and (each.model, each.data) == (entry.model, entry.data) for each in entries(project)
    )
    told = entry.alarms and not known and not answered and tell(project, entry, summary)
    entry = entry.model_copy(update={"told": told})
    try:
        if told:
            remember(project)
        append(project, entry)
        write_page(project)
    except OSError as error:
        log.warning("the history of drift could not be written: %s", error)
    return entry


def heard_predictions(project: Path, out: Path, model: Path, *, run: str | None = None) -> Entry | None:
    """Keep what `convoy predict` found, which lies beside its file; None where it compared nothing, or in no project.

    Args:
        project: Whose model it was.
        out: File of the predictions.
        model: Folder of the model.
        run: Name of the run, where there is one.
    """
    path = drift_path(out)
    if not path.is_file() or not (project / "dvc.yaml").is_file():
        return None
    report = DriftReport.model_validate_json(path.read_bytes())
    entry = Entry.of(
        report, kind="predict", model=version_of(model, project), data=sha256(path)[:DIGITS], name=out.name
    )
    return heard(project, entry.model_copy(update={"run": run}), report.told)


def version_of(model: Path, project: Path) -> str:
    """Return what a model is called: its version in the project, else the one that files of predictions give."""
    if parts(model.name) and model.resolve() == version_folder(project, model.name).resolve():
        return model.name
    return str(told_lineage(model / LINEAGE)["version"])
