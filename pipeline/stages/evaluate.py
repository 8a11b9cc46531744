"""The stage that says whether the model is worth it; it reads predictions and reports, never weights."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.evaluation.case import Case
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.division import Division
from pipeline.evaluation.flat_metrics import flat_metrics
from pipeline.evaluation.judge import Entrant, Head, Standing
from pipeline.evaluation.judged import ForecastDetails, History, Judged
from pipeline.evaluation.panel import JUDGES
from pipeline.evaluation.pictures import write_pictures
from pipeline.evaluation.plots import plot_tables
from pipeline.evaluation.portfolio.config import MeanVarianceConfig
from pipeline.evaluation.portfolio.judge import judge_portfolios
from pipeline.evaluation.report import report_html
from pipeline.evaluation.verdict import Verdict
from pipeline.evaluation.wording import ABOUT
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import listed_files
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Report
from pipeline.foundation.table import write_table
from pipeline.foundation.words import plural
from pipeline.leakage.findings import Findings

PREDICTIONS = "predictions.parquet"
HISTORY = "history.csv"
TEXTS = "texts_test.parquet"
PORTFOLIOS = "portfolios.parquet"
ORIGINS = "origins_test.parquet"


class EvaluateReport(Report):
    """The verdict, and the leaderboard behind it."""

    model: str
    verdict: Verdict
    leaderboard: tuple[Standing, ...]
    """Best first, by the deciding metric."""


def evaluate(evaluation: EvaluationConfig, run: RunConfig, *, data: Paths) -> EvaluateReport:
    """Judge the analysed model beside its rivals; write ``metrics.json``, ``plots/`` and ``report.html``.

    Where a portfolio is asked for, ``portfolios.parquet`` says what was bought.

    Raises:
        DataError: Predictions are missing, not finite, or of other samples than the model's.
        IntegrityError: A stage has not finished, or one of its files was changed since.
    """
    reports = {stage: _report(data, stage) for stage in ("preprocess", "analyze", "baseline", "extract")}
    entrants, tables = _entrants(data, reports)
    case = Case(
        entrants=entrants,
        tables={name: [table] for name, table in tables.items()},
        histories=list(_histories(data, reports)),
        config=evaluation,
        seed=run.seed,
        overlap=overlap_of(reports["baseline"]),
        scale=reports["baseline"].get("scale") or reports["analyze"].get("scale") or {},
        facts=_facts(reports, evaluation, run),
        left_out=reports["baseline"].get("left_out", {}),
        division=Division.of(reports["preprocess"]),
        findings=Findings.model_validate_json(data.read("preprocess", "audit.json").read_bytes()),
    )
    head: Head = reports["baseline"]["head"]
    with threadpool_limits(limits=1):  # small products: two threads only wait for one another
        judged = replace(JUDGES[head](case), texts=_told(data, TEXTS), origins=_told(data, ORIGINS))
        judged = _with_portfolios(judged, case)
    write_json(flat_metrics(judged), data.out / "metrics.json")
    plots = data.out / "plots"
    write_pictures(judged, plots)
    for name, table in plot_tables(judged).items():
        table.write_csv(plots / name)
    if judged.portfolios is not None:
        write_table(judged.portfolios.weights(), data.out / PORTFOLIOS)
    (data.out / "report.html").write_text(report_html(judged), encoding="utf-8")
    return EvaluateReport(
        summary=judged.verdict.sentence,
        model=judged.model,
        verdict=judged.verdict,
        leaderboard=tuple(judged.lines),
    )


def _report(data: Paths, stage: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(data.read(stage, "report.json").read_text(encoding="utf-8"))
    return report


def _entrants(
    data: Paths, reports: dict[str, dict[str, Any]]
) -> tuple[list[Entrant], dict[str, pl.LazyFrame]]:
    """Return who takes part and where each one's predictions are; the judged model first."""
    analyze, extract = reports["analyze"], reports["extract"]
    model = Entrant(name=analyze["model"], role="model", parameters=analyze.get("parameters"))
    entrants, tables = [model], {model.name: pl.scan_parquet(data.read("analyze", PREDICTIONS))}
    if PREDICTIONS in listed_files(data.stage_folder("extract")):
        name = extract.get("model") or "extractor"
        name = f"{name} (extract)" if name == model.name else name
        probe = {"about": "the CNN alone, as extract fitted it", "parameters": extract.get("parameters")}
        entrants.append(Entrant(name=name, role="rival", **probe))
        tables[name] = pl.scan_parquet(data.read("extract", PREDICTIONS))
    for name, told in sorted(reports["baseline"]["models"].items()):
        known = {"about": ABOUT.get(name, ""), "parameters": told["parameters"]}
        entrants.append(Entrant(name=name, role="floor" if told["floor"] else "rival", **known))
        tables[name] = pl.scan_parquet(data.read("baseline", f"{name}.parquet"))
    return entrants, tables


def _histories(data: Paths, reports: dict[str, dict[str, Any]]) -> Iterator[History]:
    """Yield the losses of each training that took place."""
    for stage in ("analyze", "extract"):
        if HISTORY not in listed_files(data.stage_folder(stage)):
            continue
        text = data.read(stage, HISTORY).read_text(encoding="utf-8")
        table = pl.read_csv(text.encode(), infer_schema_length=None) if text.strip() else pl.DataFrame()
        if table.is_empty() or "epoch" not in table.columns:
            continue
        name = reports[stage].get("model") or stage
        is_twin = stage == "extract" and name == reports["analyze"].get("model")
        yield History(
            f"{name} (extract)" if is_twin else name,
            epoch=table["epoch"].cast(pl.Float64).to_numpy(),
            train=_losses(table, "train/loss"),
            val=_losses(table, "val/loss"),
        )


def _told(data: Paths, name: str) -> pl.LazyFrame | None:
    """Return what preprocess tells of the test samples (what they say, where they come from), where it does."""
    if name not in listed_files(data.stage_folder("preprocess")):
        return None
    return pl.scan_parquet(data.read("preprocess", name))


def _with_portfolios(judged: Judged, case: Case) -> Judged:
    """Return what was judged and, where that is asked for, the portfolios that the forecasts make."""
    config, details = case.config.portfolio, judged.details
    if not isinstance(config, MeanVarianceConfig) or not isinstance(details, ForecastDetails):
        return judged
    return replace(judged, portfolios=judge_portfolios(case, details.truth, config))


def _losses(table: pl.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    if name not in table.columns:
        return np.full(len(table), np.nan)
    values = table[name].cast(pl.Float64, strict=False).fill_null(float("nan"))
    return np.asarray(values.to_numpy(), np.float64)


def overlap_of(baseline: dict[str, Any]) -> int:
    """Return how many consecutive test samples share values: only windows of a series do."""
    if baseline["head"] == "forecast":
        return max(int(baseline["horizon"]), 1)
    return int(baseline["window"]) if baseline["kind"] == "series" else 1


def _facts(
    reports: dict[str, dict[str, Any]], evaluation: EvaluationConfig, run: RunConfig
) -> dict[str, str]:
    baseline = reports["baseline"]
    facts = {f"Stage {stage}": str(told["summary"]) for stage, told in reports.items()}
    if notes := reports["preprocess"].get("notes"):
        facts["Preparation"] = "; ".join(notes)
    if baseline["kind"] == "series":
        facts["Window"] = plural(baseline["window"], "step")
    if baseline["head"] == "forecast":
        facts["Horizon"] = plural(baseline["horizon"], "step")
        facts["Season"] = plural(baseline["season"], "step") if baseline["season"] else "none found"
    if "kept_epoch" in reports["analyze"]:
        epochs = reports["analyze"]["epochs"]
        facts["Epochs"] = f"{epochs:,} trained, weights of epoch {reports['analyze']['kept_epoch']:,} kept"
    facts["Resamples"] = f"{evaluation.resamples:,}, drawn with seed {run.seed}"
    return facts
