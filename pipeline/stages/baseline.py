"""The stage that says what a hybrid has to beat."""

import logging
import time

import numpy as np
from pydantic import BaseModel, ConfigDict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.baselines.bands import error_quantiles
from pipeline.baselines.base import Baseline, LeftOutError, answers
from pipeline.baselines.build import build_baseline
from pipeline.baselines.config import BaselineName, BaselinesConfig
from pipeline.baselines.season import MOST_ROWS, find_season
from pipeline.baselines.training_rows import deviations, longest_run, target_deviation
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Report
from pipeline.foundation.table import write_table
from pipeline.foundation.times import Times, write_times
from pipeline.foundation.words import plural
from pipeline.heads.config import HeadConfig, MultilabelConfig, quantile_levels
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.predictions import Bands, best_thresholds, prediction_table
from pipeline.preprocessing.stream import Floats, SplitReader
from pipeline.stages.streams import open_readers, read_samples

log = logging.getLogger("pipeline")

FLOORS = (
    "majority", "mean", "last_value", "no_change", "last_direction", "seasonal_last", "seasonal_mean",
    "single_threshold",
)  # fmt: skip
"""Baselines that learn nothing beyond counts and one threshold: whatever trains has to beat these."""

NOUNS = {"images": "images", "text": "texts", "clips": "clips", "sound": "recordings", "table": "rows"}
"""What a sample is, by kind."""


class BaselineFacts(BaseModel):
    """One baseline in the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: bool
    parameters: int


class BaselineReport(Report):
    """Which baselines ran, and what a judge needs to know about the data behind them."""

    kind: str
    head: str
    window: int
    horizon: int
    season: int | None
    models: dict[BaselineName, BaselineFacts]
    left_out: dict[BaselineName, str]
    scale: dict[str, float]
    """Forecasts and regression: target → deviation over the training split, in original units."""

    classes: tuple[str, ...]


def baseline(baselines: BaselinesConfig, heads: HeadConfig, run: RunConfig, *, data: Paths) -> BaselineReport:
    """Fit every baseline that fits the head, and write its predictions on the test split.

    Raises:
        IntegrityError: ``preprocess`` has not finished, or one of its files was changed since.
    """
    train, val, test = open_readers(data, "train", "val", "test")
    samples, target = read_samples(data, test), test.targets(np.arange(len(test)))
    season = _season(baselines, train)
    models: dict[BaselineName, BaselineFacts] = {}
    left_out: dict[BaselineName, str] = {}
    took: dict[str, Times] = {}
    for name in sorted(set(baselines.kinds)):
        model = build_baseline(name, baselines, season=season)
        if not model.fits(train.meta):
            continue
        try:
            with threadpool_limits(limits=1):  # small products: on a busy machine two took ten times as long
                began = time.monotonic()
                model.fit(train, val, seed=run.seed)
                thresholds, fitted = _thresholds(model, val, heads), time.monotonic()
                answer, answered = answers(model, test), time.monotonic()
                bands = _bands(model, answer, train, levels=quantile_levels(heads), seed=run.seed)
        except LeftOutError as reason:
            left_out[name] = str(reason)
            log.info("%s is left out: %s", name, reason)
            continue
        table = prediction_table(
            test.meta, samples, answer=answer, target=target, thresholds=thresholds, bands=bands
        )
        write_table(table, data.out / f"{name}.parquet")
        models[name] = BaselineFacts(floor=name in FLOORS, parameters=model.parameters)
        took[name] = Times(
            train_seconds=fitted - began, predict_seconds=answered - fitted, predicted=len(test)
        )
    write_times(took, "baseline", data)
    return _report(train, len(test), season=season, models=models, left_out=left_out)


def _thresholds(model: Baseline, val: SplitReader, heads: HeadConfig) -> Floats | None:
    """Return from which probability on each label is predicted, chosen as the network's are; None: 0.5."""
    if not isinstance(heads, MultilabelConfig) or heads.thresholds != "val":
        return None
    return best_thresholds(answers(model, val), val.targets(np.arange(len(val))).astype(np.float32))


def _bands(
    model: Baseline, answer: Floats, train: SplitReader, *, levels: tuple[float, ...], seed: int
) -> Bands | None:
    """Return the quantiles of a forecast, by its errors in training; None where no quantiles are asked for."""
    if not levels:
        return None
    errors = error_quantiles(model, train, levels, seed=seed)
    return Bands(levels, answer[..., None] + errors)


def _season(config: BaselinesConfig, train: SplitReader) -> int | None:
    meta = train.meta
    if meta.head != "forecast":
        return None
    return config.season or meta.season or find_season(longest_run(train, MOST_ROWS))


def _report(
    train: SplitReader,
    tested: int,
    *,
    season: int | None,
    models: dict[BaselineName, BaselineFacts],
    left_out: dict[BaselineName, str],
) -> BaselineReport:
    meta: StreamMeta = train.meta
    noun = "windows" if meta.head == "forecast" else NOUNS.get(meta.kind, "samples")
    told = ", ".join(models) or "none of baselines.kinds fits"
    missing = f"; left out: {', '.join(left_out)}" if left_out else ""
    return BaselineReport(
        summary=f"{plural(len(models), 'baseline')} answered {tested:,} test {noun}: {told}{missing}",
        kind=meta.kind,
        head=meta.head,
        window=meta.window,
        horizon=meta.horizon,
        season=season,
        models=models,
        left_out=left_out,
        scale=_scale(train),
        classes=meta.classes,
    )


def _scale(train: SplitReader) -> dict[str, float]:
    match train.meta.head:
        case "forecast":
            return deviations(train)
        case "regress":
            return target_deviation(train)
        case _:
            return {}
