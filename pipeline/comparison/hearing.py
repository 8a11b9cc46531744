"""What is put before the judge: who takes part, and what is known of the test split, or of the pool of several."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.config import Config
from pipeline.evaluation.case import Case
from pipeline.evaluation.classify import PROBABILITY
from pipeline.evaluation.division import Division
from pipeline.evaluation.judge import Entrant, Head, Role
from pipeline.evaluation.judged import Judged
from pipeline.evaluation.panel import JUDGES
from pipeline.evaluation.wording import ABOUT
from pipeline.foundation.folder import verified
from pipeline.foundation.times import Times, read_times
from pipeline.leakage.findings import Findings
from pipeline.stages.evaluate import overlap_of


@dataclass(frozen=True)
class Entry:
    """Who takes part, with the answers of each of its trainings."""

    name: str
    role: Role
    about: str
    predictions: Sequence[Sequence[Path]]
    """One table per training; of a pool, one per fold of each."""

    parameters: int | None = None
    val: Sequence[float] = ()
    """What chooses among hybrids, per training; empty: it cannot be chosen."""

    times: Sequence[Times] = field(default_factory=tuple)


@dataclass(frozen=True)
class Hearing:
    """The entries, and what is known of the samples that they answered."""

    entries: Sequence[Entry]
    """Candidates, floors and rivals."""

    head: Head
    overlap: int
    """Consecutive test samples that share values, at least 1."""

    scale: Mapping[str, float]
    """Forecasts and regression: channel → deviation."""

    left_out: Mapping[str, str]
    division: Division
    findings: Findings

    def judged(self, config: Config, chosen: str) -> Judged:
        """Return the judgement of the hybrid ``chosen``, the others beside it.

        Raises:
            DataError: Predictions are missing, not finite, or of other samples.
        """
        entries = sorted(self.entries, key=lambda entry: entry.name != chosen)
        case = Case(
            entrants=[_entrant(entry, chosen) for entry in entries],
            tables={entry.name: [_table(paths) for paths in entry.predictions] for entry in entries},
            histories=[],
            config=config.evaluation,
            seed=config.run.seed,
            overlap=self.overlap,
            scale=self.scale,
            facts={},
            left_out=self.left_out,
            division=self.division,
            findings=self.findings,
        )
        with threadpool_limits(limits=1):
            return JUDGES[self.head](case)


def hearing_of(entries: Sequence[Entry], project: Path, left_out: Mapping[str, str] | None = None) -> Hearing:
    """Return the hearing of trained candidates beside the floors and rivals of ``project``.

    Args:
        entries: The trained candidates; one at least has the role ``model`` or ``hybrid``.
        project: Its ``data/preprocess`` and ``data/baseline`` are read.
        left_out: Candidate → why it does not take part.

    Raises:
        IntegrityError: A stage has not finished.
    """
    prepared, baseline = (_report(project, stage) for stage in ("preprocess", "baseline"))
    audit = verified(project / "data" / "preprocess", "audit.json").read_bytes()
    return Hearing(
        entries=[*entries, *_baselines(project, baseline)],
        head=baseline["head"],
        overlap=overlap_of(baseline),
        scale=baseline.get("scale") or {},
        left_out={**baseline.get("left_out", {}), **(left_out or {})},
        division=Division.of(prepared),
        findings=Findings.model_validate_json(audit),
    )


def _table(paths: Sequence[Path]) -> pl.LazyFrame:
    """Return the answers of one training, or of one training per fold, one fold below the other.

    A class that a fold does not know has no probability there.
    """
    tables = [pl.scan_parquet(path) for path in paths]
    if len(tables) == 1:
        return tables[0]
    together = pl.concat(tables, how="diagonal_relaxed")
    return together.with_columns(pl.col(f"^{PROBABILITY}.*$").fill_null(0.0))


def _entrant(entry: Entry, chosen: str) -> Entrant:
    role: Role = "model" if entry.name == chosen else "hybrid" if entry.role == "model" else entry.role
    return Entrant(name=entry.name, role=role, about=entry.about, parameters=entry.parameters)


def _baselines(project: Path, report: Mapping[str, Any]) -> list[Entry]:
    times = read_times(project, "baseline")
    return [
        Entry(
            name=name,
            role="floor" if told["floor"] else "rival",
            about=ABOUT.get(name, ""),
            predictions=((verified(project / "data" / "baseline", f"{name}.parquet"),),),
            parameters=told["parameters"],
            times=(times[name],) if name in times else (),
        )
        for name, told in sorted(report["models"].items())
    ]


def _report(project: Path, stage: str) -> dict[str, Any]:
    text = verified(project / "data" / stage, "report.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report
