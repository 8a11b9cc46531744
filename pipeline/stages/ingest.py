"""Stage ``ingest``: turn any source into one table with fixed columns."""

import logging

from pipeline.foundation.paths import Paths
from pipeline.foundation.section import Report
from pipeline.foundation.steps import step_seconds
from pipeline.foundation.table import write_table
from pipeline.sources.base import SourceTable
from pipeline.sources.build import build_source
from pipeline.sources.config import SourceConfig

log = logging.getLogger(__name__)


class IngestReport(Report):
    """What was read."""

    kind: str
    rows: int
    channels: tuple[str, ...]
    groups: int
    step_seconds: float | None
    """Most frequent distance of two rows of a group; None without times."""

    classes: tuple[str, ...]
    notes: tuple[str, ...]


def ingest(sources: SourceConfig, *, data: Paths) -> IngestReport:
    """Read the source and write ``table.parquet``.

    Raises:
        DataError: The data are missing, empty, or not what ``sources`` says they are.
    """
    table = build_source(sources, data.project).read()
    for note in table.notes:
        log.info("%s", note)
    write_table(table.frame, data.out / "table.parquet")
    return _report(table)


def _report(table: SourceTable) -> IngestReport:
    frame = table.frame
    classes = sorted(frame["target"].drop_nulls().unique()) if "target" in frame.columns else []
    groups = frame["group"].drop_nulls().n_unique()
    about = f"{len(table.channels)} channels" if table.kind == "series" else f"{len(classes)} classes"
    return IngestReport(
        summary=f"read {frame.height:,} {'rows' if table.kind == 'series' else 'images'}, {about}"
        + (f", {groups:,} groups" if groups else ""),
        kind=table.kind,
        rows=frame.height,
        channels=table.channels,
        groups=groups,
        step_seconds=step_seconds(frame),
        classes=tuple(classes),
        notes=table.notes,
    )
