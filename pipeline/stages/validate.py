"""Stage ``validate``: the gate between ingest and everything that learns."""

import json
import logging
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import GateError
from pipeline.foundation.files import write_json
from pipeline.foundation.paths import Paths
from pipeline.foundation.section import Report
from pipeline.quality.config import QualityConfig
from pipeline.quality.docs import docs_page
from pipeline.quality.gate import judge_table
from pipeline.quality.parquet import divide_rows
from pipeline.quality.read import read_suite
from pipeline.quality.reference import read_reference
from pipeline.quality.verdict import Verdict, stop_message

log = logging.getLogger(__name__)

EVIDENCE = ("quarantine.parquet", "verdict.json")
"""What a failed gate leaves in the run's folder of reports, beside the page."""


class ValidateReport(Report):
    """What the gate let through."""

    rows: int
    passed: int
    quarantined: int
    rules: int
    warned: tuple[str, ...]
    """Rules that do not hold, and only warn."""


def validate(quality: QualityConfig, *, data: Paths) -> ValidateReport:
    """Write the rows that pass to ``table.parquet`` and the others, with the reason, to ``quarantine.parquet``.

    Raises:
        ConfigError: The suite is missing, or names rules, keys or columns that do not exist.
        DataError: The verdict to compare with is missing, or is none.
        GateError: A rule that stops the run does not hold, or too many rows had to be set aside; what
            was found lies in the run's folder of reports then, because DVC keeps no results of it.
    """
    file = read_suite(data.source(quality.suite))
    table = data.read("ingest", "table.parquet")
    about = json.loads(data.read("ingest", "report.json").read_text(encoding="utf-8"))
    verdict, set_aside = judge_table(
        file,
        table,
        channels=tuple(about["channels"]),
        step_seconds=about["step_seconds"],
        limit=quality.max_quarantined,
        examples=quality.examples,
        categories=tuple(about.get("categories", ())),
        reference=read_reference(data.source(quality.reference)) if quality.reference else None,
    )
    docs = data.reports / "data_docs" / "index.html"
    docs.parent.mkdir(parents=True, exist_ok=True)
    for name in EVIDENCE:  # of an earlier run by hand
        (data.reports / name).unlink(missing_ok=True)
    docs.write_text(docs_page(verdict), encoding="utf-8")
    if not verdict.held:
        _keep_evidence(verdict, set_aside, table, data.reports)
        quarantine = data.reports / EVIDENCE[0]
        raise GateError(stop_message(verdict, quarantine=_from(data, quarantine), docs=_from(data, docs)))
    divide_rows(table, set_aside, kept=data.out / "table.parquet", set_aside=data.out / EVIDENCE[0])
    write_json(verdict.model_dump(mode="json"), data.out / EVIDENCE[1])
    return _report(verdict)


def _report(verdict: Verdict) -> ValidateReport:
    warned = tuple(
        f"{finding.tier}.{finding.rule} ({finding.place}): wanted {finding.wanted}, {finding.observed}"
        for finding in verdict.findings
        if finding.status in ("warned", "broken")
    )
    for sentence in warned:
        log.warning("warning: %s", sentence)
    return ValidateReport(
        summary=verdict.summary,
        rows=verdict.rows,
        passed=verdict.passed,
        quarantined=verdict.quarantined,
        rules=len(verdict.findings),
        warned=warned,
    )


def _keep_evidence(verdict: Verdict, set_aside: pl.DataFrame, table: Path, folder: Path) -> None:
    divide_rows(table, set_aside, kept=None, set_aside=folder / EVIDENCE[0])
    write_json(verdict.model_dump(mode="json"), folder / EVIDENCE[1])


def _from(data: Paths, path: Path) -> str:
    """Return ``path`` as a person in the project's folder would write it."""
    return str(path.relative_to(data.project)) if path.is_relative_to(data.project) else str(path)
