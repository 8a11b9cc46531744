"""The leaderboard: every candidate beside every floor and rival, on the same test samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.config import Config
from pipeline.evaluation.case import Case
from pipeline.evaluation.division import Division
from pipeline.evaluation.judge import DECIDING, Entrant, Head, Role, Standing
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.panel import JUDGES
from pipeline.evaluation.verdict import Verdict
from pipeline.evaluation.wording import ABOUT
from pipeline.foundation.folder import verified
from pipeline.foundation.times import Times, read_times
from pipeline.leakage.findings import Findings
from pipeline.stages.evaluate import overlap_of

VAL = {"classify": "accuracy", "multilabel": "loss", "regress": "mse", "forecast": "mse"}
"""What on val chooses the hybrid that is judged."""


@dataclass(frozen=True)
class Entry:
    """Who takes part, with the answers of each of its trainings."""

    name: str
    role: Role
    about: str
    predictions: Sequence[Path]
    parameters: int | None = None
    val: Sequence[float] = ()
    """What chooses among hybrids, per training; empty: it cannot be chosen."""

    times: Sequence[Times] = field(default_factory=tuple)


class Line(Standing):
    """One line of the leaderboard, with what it cost."""

    train_seconds: float | None = None
    """Of one training, on average."""

    predict_seconds: float | None = None
    """For the whole test split."""

    trained_per_second: float | None = None
    """Samples that training went through in a second."""

    predicted_per_second: float | None = None


class Board(BaseModel):
    """What a comparison came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    head: Head
    metric: str
    better: str
    verdict: Verdict
    """Of the hybrid that was best on val, against the best of all that are no hybrid."""

    chosen: str
    """That hybrid."""

    chosen_by: str
    how: str | None
    """What the intervals are made of; None where there are none."""

    shortage: str | None
    confidence: float = 0.95
    seeds: int
    lines: tuple[Line, ...]
    left_out: dict[str, str]


def leaderboard(
    entries: Sequence[Entry],
    project: Path,
    config: Config,
    *,
    about: str = "",
    left_out: Mapping[str, str] | None = None,
) -> Board:
    """Judge ``entries`` beside the project's own floors and rivals.

    Args:
        entries: The trained candidates; one at least has the role ``model`` or ``hybrid``.
        project: Its ``data/preprocess`` and ``data/baseline`` are read.
        config: How many resamples, which intervals.
        about: What is compared.
        left_out: Candidate → why it does not take part.

    Raises:
        DataError: Predictions are missing, not finite, or of other samples.
        IntegrityError: A stage has not finished.
    """
    reports = {stage: _report(project, stage) for stage in ("preprocess", "baseline")}
    head: Head = reports["baseline"]["head"]
    chosen = _chosen(entries, head)
    field_ = [*_ordered(entries, chosen), *_baselines(project, reports["baseline"])]
    case = Case(
        entrants=[_entrant(entry, chosen) for entry in field_],
        tables={entry.name: [pl.scan_parquet(path) for path in entry.predictions] for entry in field_},
        histories=[],
        config=config.evaluation,
        seed=config.run.seed,
        overlap=overlap_of(reports["baseline"]),
        scale=reports["baseline"].get("scale") or {},
        facts={},
        left_out={**reports["baseline"].get("left_out", {}), **(left_out or {})},
        division=Division.of(reports["preprocess"]),
        findings=Findings.model_validate_json(
            verified(project / "data" / "preprocess", "audit.json").read_bytes()
        ),
    )
    with threadpool_limits(limits=1):
        judged = JUDGES[head](case)
    known = {entry.name: entry for entry in field_}
    return Board(
        about=about,
        head=head,
        metric=DECIDING[head],
        better=METRICS[DECIDING[head]].better,
        verdict=judged.verdict,
        chosen=chosen,
        chosen_by=f"val {VAL[head]}",
        how=judged.how,
        shortage=judged.shortage,
        confidence=judged.confidence,
        seeds=max(len(entry.predictions) for entry in entries),
        lines=tuple(_line(line, known[line.name]) for line in judged.lines),
        left_out=dict(case.left_out),
    )


def _chosen(entries: Sequence[Entry], head: Head) -> str:
    """Return the hybrid with the best mean on val; the test split has no part in it."""
    hybrids = [entry for entry in entries if entry.role in ("model", "hybrid")]
    sign = -1.0 if VAL[head] == "accuracy" else 1.0
    best = min(
        (entry for entry in hybrids if entry.val),
        key=lambda entry: sign * sum(entry.val) / len(entry.val),
        default=hybrids[0],
    )
    return best.name


def _ordered(entries: Sequence[Entry], chosen: str) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.name != chosen)


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
            predictions=(verified(project / "data" / "baseline", f"{name}.parquet"),),
            parameters=told["parameters"],
            times=(times[name],) if name in times else (),
        )
        for name, told in sorted(report["models"].items())
    ]


def _line(standing: Standing, entry: Entry) -> Line:
    costs: dict[str, float] = {}
    if entry.times:
        each = len(entry.times)
        train = sum(time.train_seconds for time in entry.times)
        predict = sum(time.predict_seconds for time in entry.times)
        costs = {"train_seconds": train / each, "predict_seconds": predict / each}
        trained, predicted = (
            sum(time.trained for time in entry.times),
            sum(time.predicted for time in entry.times),
        )
        if trained and train > 0:
            costs["trained_per_second"] = trained / train
        if predicted and predict > 0:
            costs["predicted_per_second"] = predicted / predict
    return Line(**standing.model_dump(), **costs)


def _report(project: Path, stage: str) -> dict[str, Any]:
    text = verified(project / "data" / stage, "report.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report
