"""Propose a project for a table: a series to forecast, or windows to classify."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.config import Config
from pipeline.foundation.errors import DataError
from pipeline.foundation.steps import step_seconds
from pipeline.heads.config import ForecastConfig
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.prepared import Question
from pipeline.preprocessing.season import season_of
from pipeline.preprocessing.series import prepare_series
from pipeline.proposal.choice import Choice, Proposal, Wishes
from pipeline.proposal.columns import (
    Column,
    group_column,
    like_an_index,
    looked_at,
    require_column,
    time_column,
)
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, ParquetConfig
from pipeline.sources.csv import CsvSource
from pipeline.sources.parquet import ParquetSource

MOST_WINDOWS = 15_000
REGULAR = 0.9


@dataclass(frozen=True)
class _Seen:
    """The table after a look at it."""

    frame: pl.DataFrame
    channels: tuple[str, ...]
    rows_per_group: int
    step: float | None
    regular: float
    """Share of distances that are the most frequent one."""

    gaps: int
    nulls: int


def propose_series(source: CsvConfig | ParquetConfig, project: Path, wishes: Wishes) -> Proposal:
    """Look at a table and propose a project for it.

    Args:
        source: Kind and path of the table.
        project: Folder the path is relative to.
        wishes: What the user said.

    Raises:
        DataError: A named column is not there, or nothing in the table can be forecast or classified.
    """
    raw = _raw(source, project)
    columns = looked_at(raw)
    for option, name in (("--target", wishes.target), ("--time", wishes.time), ("--group", wishes.group)):
        require_column(name, columns, option)
    time = time_column(columns, wishes.time)
    group = wishes.group or group_column(raw, columns, time, wishes.target)
    classify = wishes.target is not None and columns[wishes.target].categorical
    if classify and time is None:
        raise DataError(
            f"--target {wishes.target} looks like a class, and no column of {source.path} like a time: rows seem to be "
            f"independent samples, and this version mines series and images; name the time with --time if there is one"
        )
    meaning = {"time": time, "group": group, "target": wishes.target if classify else None}
    channels = _channels(raw, columns, meaning)
    source = source.model_copy(update={**meaning, "channels": channels})
    table = build_source(source, project).read()
    seen = _seen(table.frame, channels)
    sizes, choices = _sizes(seen, wishes, classify=classify)
    config, more = _config(source, seen, sizes, wishes=wishes, classify=classify)
    parts = _parts(config, table.frame, seen.step)
    return Proposal(
        config=config,
        choices=(*_meaning_choices(meaning, columns, channels, wishes), *choices, *more, parts),
        table=table,
        warnings=_warnings(seen, columns, time),
    )


def _raw(source: CsvConfig | ParquetConfig, project: Path) -> pl.DataFrame:
    if isinstance(source, CsvConfig):
        return CsvSource(source, project).raw()
    return ParquetSource(source, project).raw()


def _channels(
    raw: pl.DataFrame, columns: dict[str, Column], meaning: dict[str, str | None]
) -> tuple[str, ...]:
    taken = set(meaning.values())
    numeric = [column for column in columns.values() if column.numeric and column.name not in taken]
    useful = [column.name for column in numeric if not like_an_index(column, raw[column.name])]
    varied = [name for name in useful if columns[name].distinct > 1]
    if not varied:
        raise DataError(
            f"no column besides time, group and target holds numbers that vary; the columns are: "
            f"{', '.join(list(columns)[:20])}"
        )
    return tuple(varied)


def _seen(frame: pl.DataFrame, channels: tuple[str, ...]) -> _Seen:
    step = step_seconds(frame)
    seconds = frame.select(pl.col("time").diff().over("group").dt.total_microseconds() / 1e6).to_series()
    distances = seconds.drop_nulls()
    regular = 1.0
    gaps = 0
    if step is not None and len(distances):
        near = (distances > 0.9 * step) & (distances < 1.1 * step)
        regular = float(near.sum()) / len(distances)
        gaps = int((distances > 1.5 * step).sum())
    sizes = frame.group_by("group").len()["len"]
    return _Seen(
        frame=frame,
        channels=channels,
        rows_per_group=int(float(sizes.median() or 0)),  # type: ignore[arg-type]
        step=step,
        regular=regular,
        gaps=gaps,
        nulls=sum(frame[name].null_count() for name in channels),
    )


def _sizes(seen: _Seen, wishes: Wishes, *, classify: bool) -> tuple[dict[str, int], list[Choice]]:
    """Return window, horizon and stride that leave enough windows in every part of the split."""
    season = season_of(seen.step)
    rows = seen.rows_per_group
    horizon = 0 if classify else wishes.horizon or max(1, min(season or 24, int(rows * 0.15) // 3))
    window = wishes.window or max(2, min(4 * (season or 24), int(rows * 0.65) // 4))
    if classify:
        window = wishes.window or max(2, min(64, int(rows * 0.15) // 4))
    stride = max(1, round(0.65 * seen.frame.height / MOST_WINDOWS))
    about = f"{rows:,} rows per series" + (f", a season of {season} steps" if season else "")
    choices = [Choice("preprocessing.window", str(window), about)]
    if horizon:
        choices.append(Choice("heads.horizon", str(horizon), "one season" if horizon == season else about))
    if stride > 1:
        choices.append(
            Choice("preprocessing.stride", str(stride), f"keeps training to about {MOST_WINDOWS:,} windows")
        )
    return {"window": window, "horizon": horizon, "stride": stride}, choices


def _gaps(seen: _Seen, window: int) -> Choice:
    if seen.step is None:
        return Choice("preprocessing.gaps", "ignore", "there are no times")
    if not seen.gaps:
        return Choice(
            "preprocessing.gaps", "break", "no step is missing today; a later gap is not papered over"
        )
    if seen.regular < REGULAR:
        return Choice(
            "preprocessing.gaps", "ignore",
            f"only {seen.regular:.0%} of the rows follow one another by the usual step (weekends, irregular times)",
        )  # fmt: skip
    stretch = seen.frame.height / (seen.gaps + seen.frame["group"].n_unique())
    if stretch > 2 * window:
        return Choice("preprocessing.gaps", "break", f"{seen.gaps} gaps, and no window may cross one")
    return Choice(
        "preprocessing.gaps",
        "fill",
        f"{seen.gaps} gaps leave stretches of about {stretch:.0f} rows, too short to cut",
    )


def _config(
    source: CsvConfig | ParquetConfig,
    seen: _Seen,
    sizes: dict[str, int],
    *,
    wishes: Wishes,
    classify: bool,
) -> tuple[Config, list[Choice]]:
    gaps = _gaps(seen, sizes["window"])
    missing = Choice(
        "preprocessing.missing", "refuse", "every cell has a value today; a later hole stops the run"
    )
    if seen.nulls or gaps.value == "fill":
        missing = Choice("preprocessing.missing", "previous", f"{seen.nulls:,} cells have no value")
    split = Choice(
        "preprocessing.split.kind", "time", "the past trains, the future judges; anything else leaks"
    )
    tree: dict[str, Any] = {
        "sources": source.model_dump(),
        "preprocessing": {
            "kind": "windows", "window": sizes["window"], "stride": sizes["stride"],
            "gaps": gaps.value, "missing": missing.value, "split": {"kind": "time"},
        },
        **(_classifier(sizes) if classify else _forecaster(sizes, wishes)),
    }  # fmt: skip
    return Config.model_validate(tree), [split, gaps, missing]


def _parts(config: Config, frame: pl.DataFrame, step: float | None) -> Choice:
    """Return how many windows each part of the split gets, by cutting them as preprocess will.

    Raises:
        DataError: The data are too few for a single window somewhere.
    """
    heads, settings = config.heads, config.preprocessing
    question = Question(heads.horizon, heads.targets) if isinstance(heads, ForecastConfig) else Question()
    known = frame.filter(pl.col("target").is_not_null()) if "target" in frame.columns else frame
    if not isinstance(settings, WindowsConfig):
        raise TypeError(f"a series is cut into windows, not {settings.kind}")
    counts = prepare_series(known, settings, question, step_seconds=step, seed=config.run.seed).meta.counts
    shares = f"val {settings.split.val:.0%}, test {settings.split.test:.0%} of the time"
    windows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return Choice("preprocessing.split", shares, f"windows: {windows}")


def _forecaster(sizes: dict[str, int], wishes: Wishes) -> dict[str, Any]:
    """Return rooms for a forecast: windows normalised each on its own, one network shared by the channels."""
    kernel = min(8, max(2, sizes["window"] // 4))
    return {
        "heads": {"kind": "forecast", "horizon": sizes["horizon"], "targets": [wishes.target] if wishes.target else []},
        "extraction": {
            "kind": "conv1d", "features": [32], "kernel": kernel, "stride": max(1, kernel // 2), "pool": 1,
            "normalisation": "none", "activation": "gelu", "epochs": 2,
        },
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"pooling": "flatten", "dropout": 0.3, "input_norm": "instance", "channels": "each"},
        "training": {"epochs": 10, "batch_size": 64, "patience": 3},
    }  # fmt: skip


def _classifier(sizes: dict[str, int]) -> dict[str, Any]:
    blocks = 2 if sizes["window"] >= 16 else 1
    return {
        "heads": {"kind": "classify", "class_weights": "balanced"},
        "extraction": {
            "kind": "conv1d", "features": [32, 64][:blocks], "pool": 2 if sizes["window"] >= 8 else 1, "epochs": 2,
        },
        "temporal": {"kind": "lstm", "hidden": 64},
        "model": {"pooling": "last", "dropout": 0.2},
        "training": {"epochs": 15, "batch_size": 64, "patience": 4},
    }  # fmt: skip


def _meaning_choices(
    meaning: dict[str, str | None],
    columns: dict[str, Column],
    channels: tuple[str, ...],
    wishes: Wishes,
) -> list[Choice]:
    said = {"time": wishes.time, "group": wishes.group, "target": wishes.target}
    reasons = {
        "time": "its values read as times",
        "group": "it makes the times unique: each value is a series of its own",
        "target": "",
    }
    found = [
        Choice(f"sources.{name}", str(value), "as you said" if said[name] else reasons[name])
        for name, value in meaning.items()
        if value is not None
    ]
    if meaning["time"] is None:
        found.append(
            Choice("sources.time", "null", "no column reads as a time; rows are taken in their order")
        )
    left = [name for name in columns if name not in channels and name not in meaning.values()]
    shown = ", ".join(channels[:6]) + (f" and {len(channels) - 6} more" if len(channels) > 6 else "")
    why = "numeric columns that vary" + (f"; left out: {', '.join(left[:6])}" if left else "")
    head = "classify" if meaning["target"] else "forecast"
    what = "the target has few classes" if meaning["target"] else f"of {wishes.target or 'every channel'}"
    return [*found, Choice("sources.channels", shown, why), Choice("heads.kind", head, what)]


def _warnings(seen: _Seen, columns: dict[str, Column], time: str | None) -> tuple[str, ...]:
    warnings = []
    if time is None:
        warnings.append(
            "without times nothing can check the order of rows: a shuffled file would leak the future"
        )
    if seen.rows_per_group < 500:
        warnings.append(
            f"{seen.rows_per_group} rows per series are few: expect wide intervals, and floors that are hard to beat"
        )
    empty = [name for name in seen.channels if columns[name].nulls > 0.3 * seen.frame.height]
    if empty:
        warnings.append(f"more than 30 % of {', '.join(empty[:4])} has no value: consider leaving it out")
    return tuple(warnings)
