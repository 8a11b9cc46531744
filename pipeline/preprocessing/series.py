"""From a clean series to a stream and its windows."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError, ShapeError
from pipeline.preprocessing.config import WindowsConfig
from pipeline.preprocessing.meta import SPLITS, Split, StreamMeta
from pipeline.preprocessing.missing import filled_gaps, filled_previous, refuse_nulls
from pipeline.preprocessing.prepared import (
    Prepared,
    Question,
    class_indices,
    class_names,
    require_known_classes,
)
from pipeline.preprocessing.scale import Scaler, fit_scaler
from pipeline.preprocessing.season import season_of, without_weekends
from pipeline.preprocessing.split import TRAIN, Codes, split_by_group, split_by_time
from pipeline.preprocessing.windows import segment_ids, window_starts

FIXED = ("sample_id", "group", "time", "split", "origin", "target")
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Rows:
    """The rows of the series as arrays."""

    frame: pl.DataFrame
    values: NDArray[np.float64]
    """``(row, channel)``."""

    codes: Codes
    segments: Ints


def prepare_series(
    frame: pl.DataFrame, config: WindowsConfig, question: Question, *, step_seconds: float | None, seed: int
) -> Prepared:
    """Fill, split, scale and index a series.

    Args:
        frame: Rows as validate let them pass, sorted by group and time.
        config: Window, gaps, scaling and split.
        question: What is asked; a forecast adds its horizon to every window.
        step_seconds: Most frequent distance of two rows, or None.
        seed: Decides which groups go where, for a split by group.

    Raises:
        DataError: Cells or times are missing and may not be, or a part of the split is empty.
        ShapeError: No stretch of rows is as long as one window.
    """
    channels = [name for name in frame.columns if name not in FIXED]
    _require_times(frame)
    frame, notes = _completed(frame, channels, config, step_seconds)
    rows = _rows(frame, channels, config, step_seconds=step_seconds, seed=seed)
    scaler = fit_scaler(rows.values[rows.codes == TRAIN], config.scale)
    starts = _starts(rows, config, question.horizon)
    stream = np.ascontiguousarray(scaler.apply(rows.values))
    last = {name: starts[name] + config.window - 1 for name in SPLITS}
    classes, targets = _classes(rows.frame, last) if not question.horizon else ((), {})
    meta = _meta(config, question, channels, scaler=scaler, classes=classes, targets=targets, starts=starts)
    row_ids = np.arange(rows.frame.height) if config.gaps == "fill" else rows.frame["sample_id"].to_numpy()
    return Prepared(
        stream=stream,
        starts=starts,
        ids={name: row_ids[last[name]] for name in SPLITS},
        targets=targets,
        samples=_samples(rows.frame, row_ids, last),
        meta=meta.model_copy(
            update={
                "season": season_of(step_seconds, weekends=not without_weekends(rows.frame, step_seconds))
            }
        ),
        notes=notes,
    )


def _require_times(frame: pl.DataFrame) -> None:
    missing = frame.filter(pl.col("time").is_null())
    if 0 < missing.height < frame.height:
        raise DataError(
            f"{missing.height:,} rows have no time, such as {missing['origin'][0]}, and no place in the series; "
            f"mend them, or let validate set them aside with a rule in the quality suite"
        )


def _completed(
    frame: pl.DataFrame, channels: list[str], config: WindowsConfig, step_seconds: float | None
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    before = frame.height
    if config.gaps == "fill":
        frame = filled_gaps(frame, step_seconds)
    holes = sum(frame[name].null_count() for name in channels)
    refuse_nulls(frame, channels, config)
    if config.missing == "previous":
        frame = filled_previous(frame, channels)
    notes = [f"{frame.height - before:,} missing rows were inserted"] if frame.height > before else []
    if holes:
        notes.append(f"{holes:,} cells without a value were filled with the {config.missing} value")
    return frame, tuple(notes)


def _rows(
    frame: pl.DataFrame,
    channels: list[str],
    config: WindowsConfig,
    *,
    step_seconds: float | None,
    seed: int,
) -> _Rows:
    groups = frame["group"].rle_id().cast(pl.Int64).to_numpy()
    codes = _codes(frame, groups, config, seed)
    values = frame.select(channels).to_numpy().astype(np.float64)
    if config.missing == "mean":
        values = np.where(np.isnan(values), np.nanmean(values[codes == TRAIN], axis=0), values)
    segments = segment_ids(groups, *_distances(frame, config, step_seconds))
    usable = np.isfinite(values).all(axis=1)
    # A row that stays unknown (before the first known value) ends the stretch on both sides.
    segments = segments * 2 + np.cumsum(~usable) * 2
    segments[~usable] += 1
    return _Rows(frame, values, np.where(usable, codes, -1).astype(np.int8), segments)


def _codes(frame: pl.DataFrame, groups: Ints, config: WindowsConfig, seed: int) -> Codes:
    if config.split.kind == "group":
        if frame["group"].null_count():
            raise DataError(
                "preprocessing.split.kind=group, and some rows have no group; check sources.group"
            )
        return split_by_group(groups, config.split, seed)
    if frame["time"].null_count() == frame.height:
        moments = pl.int_range(pl.len()).over("group")
        return split_by_time(frame.select(moments).to_series().to_numpy(), config.split)
    ranks = frame["time"].rank("dense").cast(pl.Int64).to_numpy() - 1
    return split_by_time(ranks, config.split)


def _distances(
    frame: pl.DataFrame, config: WindowsConfig, step_seconds: float | None
) -> tuple[NDArray[np.float64], float | None]:
    """Return the distance of each row to the one before, and the regular one (None: gaps do not count)."""
    if config.gaps == "ignore":
        return np.zeros(frame.height), None
    if step_seconds is None:  # no times: a row that validate set aside leaves a hole in the numbers
        return np.diff(frame["sample_id"].to_numpy(), prepend=-1).astype(np.float64), 1.0
    seconds = frame["time"].cast(pl.Int64).to_numpy() / 1e6
    return np.diff(seconds, prepend=seconds[:1]), step_seconds


def _starts(rows: _Rows, config: WindowsConfig, horizon: int) -> dict[Split, Ints]:
    found = window_starts(
        rows.segments, rows.codes, window=config.window, horizon=horizon, stride=config.stride
    )
    starts = {name: found[code] for code, name in enumerate(SPLITS)}
    if not horizon:  # an inserted row has no class, and none is invented for it
        real = rows.frame["sample_id"].is_not_null().to_numpy()
        starts = {name: first[real[first + config.window - 1]] for name, first in starts.items()}
    empty = [name for name in SPLITS if not len(starts[name])]
    if not empty:
        return starts
    lengths = np.bincount(rows.segments)
    needs = f"{config.window} rows" + (f" and {horizon} to forecast" if horizon else "")
    in_part = int((rows.codes == SPLITS.index(empty[0])).sum())
    raise ShapeError(
        f"no window fits into {' and '.join(empty)}: one needs {needs} without a gap; {empty[0]} has {in_part}, and "
        f"the longest unbroken stretch {lengths.max()}; lower preprocessing.window"
        f"{' or heads.horizon' if horizon else ''}, change preprocessing.split or preprocessing.gaps"
    )


def _classes(frame: pl.DataFrame, last: dict[Split, Ints]) -> tuple[tuple[str, ...], dict[Split, Ints]]:
    classes = class_names(frame["target"])
    indices = class_indices(frame["target"], classes)
    targets = {name: indices[rows] for name, rows in last.items()}
    if any((values < 0).any() for values in targets.values()):
        raise DataError(
            "some rows have no target; let validate set them aside with a rule in the quality suite"
        )
    require_known_classes(targets["train"], np.concatenate([targets["val"], targets["test"]]), classes)
    return classes, targets


def _meta(
    config: WindowsConfig,
    question: Question,
    channels: list[str],
    *,
    scaler: Scaler,
    classes: tuple[str, ...],
    targets: dict[Split, Ints],
    starts: dict[Split, Ints],
) -> StreamMeta:
    return StreamMeta(
        kind="series",
        head="forecast" if question.horizon else "classify",
        window=config.window,
        frame=(len(channels),),
        channels=tuple(channels),
        targets=_target_channels(question, channels),
        horizon=question.horizon,
        classes=classes,
        offset=tuple(scaler.offset.tolist()),
        scale=tuple(scaler.scale.tolist()),
        counts={name: len(starts[name]) for name in SPLITS},
        class_counts=tuple(np.bincount(targets["train"], minlength=len(classes)).tolist()) if targets else (),
    )


def _target_channels(question: Question, channels: list[str]) -> tuple[int, ...]:
    if not question.horizon:
        return ()
    unknown = [name for name in question.targets if name not in channels]
    if unknown:
        raise ConfigError(
            f"heads.targets: {unknown[0]!r} is no channel; there are: {', '.join(channels[:20])}"
        )
    return tuple(channels.index(name) for name in (question.targets or channels))


def _samples(frame: pl.DataFrame, row_ids: Ints, last: dict[Split, Ints]) -> pl.DataFrame:
    keys = frame.select(pl.Series("sample_id", row_ids), "group", "time")
    parts = [keys[last[name]].with_columns(split=pl.lit(name)) for name in SPLITS]
    return pl.concat(parts)
