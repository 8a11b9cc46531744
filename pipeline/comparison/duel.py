"""The champion against the challenger: the same test rows, answered by both, judged in pairs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.config import Config
from pipeline.evaluation.case import Case
from pipeline.evaluation.classify import PROBABILITY
from pipeline.evaluation.division import Division
from pipeline.evaluation.judge import DECIDING, Entrant, Head
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.panel import JUDGES
from pipeline.foundation.errors import DataError, PipelineError
from pipeline.foundation.folder import verified
from pipeline.foundation.words import plural
from pipeline.registry.blessing import Blessing, Gate, Hearing, Lead, Pair, decide
from pipeline.registry.bundle import LINEAGE
from pipeline.registry.lineage import Lineage, read_lineage
from pipeline.stages.evaluate import PREDICTIONS, overlap_of

SAMPLE = ("sample_id", "group", "time", "step")
WITHIN = ("label", "channel")
NO_SCORE = ("one class", "untested")
"""Outcomes of the verdict after which no score says anything."""

Scorer = Callable[[Path, Path, pl.DataFrame], pl.DataFrame]
"""``score(bundle, table, wanted)``: let the model of a bundle answer rows that it has not seen.

``table`` is a table of ``docs/formats.md`` that passed validation, context of the wanted rows included; ``wanted`` has
``sample_id, group, time``, one row per sample. The answer is a prediction table of these samples in that order, without
those that the model cannot answer; it need not know the targets, which are the challenger's.
"""


@dataclass(frozen=True)
class Champion:
    """The one to be held against."""

    version: str
    bundle: Path


def judge_challenger(
    project: Path,
    config: Config,
    lineage: Lineage,
    *,
    champion: Champion | None = None,
    drift: bool = False,
    score: Scorer | None = None,
) -> Blessing:
    """Decide whether what lies in ``data/`` may be promoted.

    Args:
        project: All its stages are up to date.
        config: What ``params.yaml`` says.
        lineage: The challenger's.
        champion: The present one, if there is one.
        drift: Whether drift asked for the retrain.
        score: Lets the champion answer test rows that it has no stored answers to; None: nothing can.

    Raises:
        DataError: Predictions are not finite.
        IntegrityError: A stage has not finished.
    """
    reports = {
        stage: _json(project, stage, "report.json") for stage in ("baseline", "preprocess", "evaluate")
    }
    own = pl.scan_parquet(verified(project / "data" / "analyze", PREDICTIONS))
    answers, rows, silent = None, "", None
    if champion is not None:
        try:
            own, answers, rows = _both_answers(project, own, lineage, champion, score)
        except DataError as error:
            silent = str(error)

    def compare(challenger: pl.LazyFrame, other: pl.LazyFrame) -> Pair:
        return judge_pair(challenger, other, _terms(reports, config), rows=rows)

    hearing = Hearing(
        challenger=lineage.model,
        champion=None if champion is None else champion.version,
        compare=compare,
        gates=_gates(project, reports["evaluate"]),
        floors=_floors(reports["evaluate"], lineage),
        drift=drift,
        silent=silent,
    )
    return decide(own, answers, hearing, config.registry)


@dataclass(frozen=True)
class Terms:
    """How two tables are judged."""

    head: Head
    config: Config
    overlap: int
    """Consecutive test samples that share values, at least 1."""

    scale: Mapping[str, float]
    """Channel → deviation."""

    division: Division


def judge_pair(challenger: pl.LazyFrame, champion: pl.LazyFrame, terms: Terms, *, rows: str) -> Pair:
    """Return how far the challenger is ahead; groups, or blocks of a series, are resampled for both at once.

    Raises:
        DataError: The tables hold other samples, or NaN.
    """
    own, other = "the challenger", "the champion"
    challenger, champion = _same_classes(challenger, champion)
    case = Case(
        entrants=[Entrant(name=own, role="model"), Entrant(name=other, role="rival")],
        tables={own: [challenger], other: [champion]},
        histories=[],
        config=terms.config.evaluation,
        seed=terms.config.run.seed,
        overlap=terms.overlap,
        scale=terms.scale,
        facts={},
        left_out={},
        division=terms.division,
    )
    with threadpool_limits(limits=1):
        judged = JUDGES[terms.head](case)
    lines = {line.name: line for line in judged.lines}
    metric = DECIDING[terms.head]
    lead = Lead(
        other=other,
        challenger=lines[own].scores[metric],
        score=lines[other].scores[metric],
        ahead=lines[other].margin or 0.0,
        interval=lines[other].margin_interval,
    )
    return Pair(
        metric=metric,
        better=METRICS[metric].better,
        lead=lead,
        samples=len(judged.details.truth.samples),
        confidence=judged.confidence,
        how=judged.how or judged.shortage,
        rows=rows,
    )


def _same_classes(first: pl.LazyFrame, second: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Return both tables with the classes of either; one that a model does not know is never likely to it."""
    names = [table.collect_schema().names() for table in (first, second)]
    classes = dict.fromkeys(name for each in names for name in each if name.startswith(PROBABILITY))
    both = [
        table.with_columns(pl.lit(0.0, pl.Float32).alias(name) for name in classes if name not in known)
        for table, known in zip((first, second), names, strict=True)
    ]
    return both[0], both[1]


def _terms(reports: Mapping[str, Mapping[str, Any]], config: Config) -> Terms:
    baseline = dict(reports["baseline"])
    division = Division.of(reports["preprocess"])
    return Terms(baseline["head"], config, overlap_of(baseline), baseline.get("scale") or {}, division)


def _both_answers(
    project: Path, own: pl.LazyFrame, lineage: Lineage, champion: Champion, score: Scorer | None
) -> tuple[pl.LazyFrame, pl.LazyFrame, str]:
    """Return the answers of both to the same rows, and in words which rows these are.

    Raises:
        DataError: There are none; the message says why.
    """
    theirs = read_lineage(champion.bundle / LINEAGE)
    if theirs.head != lineage.head:
        raise DataError(
            f"the champion {champion.version} answers {theirs.head}, the challenger {lineage.head}"
        )
    stored = pl.scan_parquet(champion.bundle / "analyze" / PREDICTIONS)
    if theirs.data == lineage.data and _same_rows(own, stored):
        return own, stored, "the test split of both, and what each answered when it was trained"
    if score is None:
        raise DataError(
            f"the champion {champion.version} was tested on other rows than the challenger, and nothing here can let "
            f"it answer these"
        )
    fair, seen = _unseen(own, theirs)
    table = verified(project / "data" / "validate", "table.parquet")
    answers = _scored(fair, champion, table, score)
    asked = _samples(fair)
    fair = fair.join(answers.select("sample_id").unique(), on="sample_id", how="semi", maintain_order="left")
    if not _same_rows(fair, answers, targets=False):
        raise DataError(f"the champion {champion.version} answered other rows than it was asked")
    answers = answers.with_columns(fair.select("target").collect().to_series())
    left = [f"without {plural(seen, 'sample')} up to {theirs.trained_until} that it was trained on"] * (
        seen > 0
    )
    mute = asked - _samples(fair)
    left += [f"without {plural(mute, 'sample')} that it cannot answer"] * (mute > 0)
    return fair, answers, ", ".join(["the challenger's test split, which the champion was let answer", *left])


def _scored(fair: pl.LazyFrame, champion: Champion, table: Path, score: Scorer) -> pl.LazyFrame:
    """Let the champion answer; whatever keeps it from that is told.

    Raises:
        DataError: It cannot, or not one row.
    """
    wanted = fair.select(SAMPLE[:3]).unique("sample_id", maintain_order=True).collect()
    try:
        answers = score(champion.bundle, table, wanted)
    except PipelineError as error:
        raise DataError(
            f"the champion {champion.version} cannot answer the challenger's rows: {error}"
        ) from None
    if answers.is_empty():
        raise DataError(f"the champion {champion.version} cannot answer one of the challenger's rows")
    return answers.lazy()


def _samples(table: pl.LazyFrame) -> int:
    return int(table.select(pl.col("sample_id").n_unique()).collect().item())


def _same_rows(first: pl.LazyFrame, second: pl.LazyFrame, *, targets: bool = True) -> bool:
    """Return whether both tables are about the same rows in the same order, and know the same targets."""
    names = first.collect_schema().names()
    keys = [name for name in (*SAMPLE, *WITHIN, *(["target"] * targets)) if name in names]
    if set(keys) - set(second.collect_schema().names()):
        return False
    return first.select(keys).collect().equals(second.select(keys).collect())


def _unseen(own: pl.LazyFrame, theirs: Lineage) -> tuple[pl.LazyFrame, int]:
    """Return the test rows after what the champion was trained on, and how many samples that leaves out.

    Without times nobody can say which rows it has seen, and all of them stay: that favours the champion.
    """
    if theirs.trained_until is None:
        return own, 0
    until = pl.lit(theirs.trained_until).str.to_datetime(time_unit="us")
    later = own.filter(pl.col("time").is_null() | (pl.col("time") > until))
    counts = [_samples(each) for each in (own, later)]
    if not counts[1]:
        raise DataError(
            f"the champion was trained on every test row of the challenger, up to {theirs.trained_until}"
        )
    return later, counts[0] - counts[1]


def _gates(project: Path, evaluate: Mapping[str, Any]) -> tuple[Gate, ...]:
    verdict = _json(project, "validate", "verdict.json")
    findings = _json(project, "preprocess", "audit.json")["findings"]
    leaks = [str(found["sentence"]) for found in findings if found["severity"] == "leak"]
    outcome = str(evaluate["verdict"]["outcome"])
    rows = f"{verdict['passed']:,} of {verdict['rows']:,} rows passed"
    return (
        Gate(name="validation", held=bool(verdict["held"]), evidence=rows),
        Gate(name="audit", held=not leaks, evidence="; ".join(leaks) or "no leak found"),
        Gate(name="verdict", held=outcome not in NO_SCORE, evidence=str(evaluate["verdict"]["headline"])),
    )


def _floors(evaluate: Mapping[str, Any], lineage: Lineage) -> tuple[Lead, ...]:
    """Return how far the challenger is ahead of each floor, as ``evaluate`` found it."""
    return tuple(
        Lead(
            other=line["name"],
            challenger=lineage.score,
            score=line["scores"][lineage.metric],
            ahead=line["margin"],
            interval=line["margin_interval"],
        )
        for line in evaluate["leaderboard"]
        if line["role"] == "floor"
    )


def _json(project: Path, stage: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(verified(project / "data" / stage, name).read_bytes())
    return content
