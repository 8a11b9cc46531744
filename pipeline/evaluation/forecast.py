"""Forecasts as arrays ``(window, channel, step)``, and the sums that metrics and curves need."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.bootstrap import Plan
from pipeline.evaluation.samples import Floats, Samples, Sums, finite, nonempty, same_rows
from pipeline.foundation.errors import DataError

ORDER = ("sample_id", "channel", "step")
TRUTH_COLUMNS = ("sample_id", "group", "time", "step", "channel", "target")
ANSWER_COLUMNS = (*ORDER, "prediction")
CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class ForecastTruth:
    """The test windows and what came after each of them, in the units of the source."""

    samples: Samples
    order: pl.DataFrame
    """``sample_id``, ``channel``, ``step`` of each row: what every other table has to repeat."""

    channels: tuple[str, ...]
    target: Floats
    """Shape ``(window, channel, step)``."""

    unit: NDArray[np.float64]
    """What errors of each channel are divided by, ``(channel, 1)``."""

    centre: NDArray[np.float64]
    """Mean target of each channel, ``(channel, 1)``."""


@dataclass(frozen=True)
class ForecastErrors:
    """How wrong one model was, in units of ``ForecastTruth.unit``."""

    binned: Sums
    """Per bin of the resampling plan, the columns that :class:`ErrorSums` names."""

    squared_by_step: NDArray[np.float64]
    absolute_by_step: NDArray[np.float64]
    by_window: Floats
    """Mean squared error per window and channel."""


def forecast_truth(
    frame: pl.DataFrame, scale: Mapping[str, float], model: str, *, scaled: bool
) -> ForecastTruth:
    """Return what a prediction table says about the windows themselves.

    Args:
        frame: The columns ``TRUTH_COLUMNS`` of a prediction table.
        scale: Channel → deviation.
        model: Whose table it is, for errors.
        scaled: Whether errors are told in deviations.

    Raises:
        DataError: The table is empty, not in the order of docs/formats.md, or holds NaN.
    """
    nonempty(frame, TRUTH_COLUMNS, model)
    steps = int(frame["step"].max())  # type: ignore[arg-type]
    channels = tuple(frame["channel"].head(len(frame)).unique(maintain_order=True).to_list())
    windows, rest = divmod(len(frame), steps * len(channels))
    if rest or not _is_ordered(frame, channels, steps):
        raise DataError(
            f"the predictions of {model} are not ordered by window, channel and step with the same "
            f"{len(channels)} channels and {steps} steps in each window; run `convoy run` to make them anew"
        )
    target = frame["target"].to_numpy().reshape(windows, len(channels), steps)
    finite(target, model, "targets")
    missing = [name for name in channels if scaled and name not in scale]
    if missing:
        raise DataError(f"no report gives the deviation of {missing[0]!r}; set evaluation.scores=original")
    unit = np.asarray([scale[name] if scaled else 1.0 for name in channels], np.float64)[:, None]
    centre = target.mean(axis=(0, 2), dtype=np.float64)[:, None]
    keys = frame.select("sample_id", "group", "time").gather_every(steps * len(channels))
    return ForecastTruth(Samples(keys), frame.select(ORDER), channels, target, unit, centre)


def forecast_answer(frame: pl.DataFrame, truth: ForecastTruth, model: str) -> Floats:
    """Return a model's forecasts ``(window, channel, step)`` of the windows of ``truth``.

    Raises:
        DataError: It forecast other windows, or NaN.
    """
    nonempty(frame, ANSWER_COLUMNS, model)
    same_rows(frame, truth.order, model)
    values = frame["prediction"].to_numpy()
    finite(values, model)
    answer: Floats = values.reshape(truth.target.shape)
    return answer


def forecast_errors(truth: ForecastTruth, answer: Floats, plan: Plan | None) -> ForecastErrors:
    """Return the sums of one model's errors, gathered over parts of the windows to bound memory."""
    windows, channels, steps = truth.target.shape
    bins = np.zeros(windows, np.int64) if plan is None else plan.bins
    binned = np.zeros((1 if plan is None else plan.count, 4 * channels + 1))
    squared, absolute = np.zeros(steps), np.zeros(steps)
    by_window = np.empty((windows, channels), np.float32)
    size = max(CHUNK_CELLS // (channels * steps), 1)
    for first in range(0, windows, size):
        part = slice(first, first + size)
        target = truth.target[part].astype(np.float64)
        error = (answer[part] - target) / truth.unit
        level = (target - truth.centre) / truth.unit
        rows = [np.einsum("wcn,wcn->wc", error, error), np.abs(error).sum(2), level.sum(2)]
        rows.append(np.einsum("wcn,wcn->wc", level, level))
        np.add.at(binned, bins[part], np.concatenate([*rows, np.full((len(error), 1), steps)], axis=1))
        by_window[part] = rows[0] / steps
        squared += np.einsum("wcn,wcn->n", error, error)
        absolute += np.abs(error).sum(axis=(0, 1))
    count = windows * channels
    return ForecastErrors(binned, squared / count, absolute / count, by_window)


def _is_ordered(frame: pl.DataFrame, channels: tuple[str, ...], steps: int) -> bool:
    """Whether every window has its channels one after the other, each with its steps 1 … N."""
    windows, width = len(frame) // (steps * len(channels)), len(channels)
    step = frame["step"].to_numpy().reshape(-1, steps)
    ids = frame["sample_id"].to_numpy().reshape(windows, -1)
    names = frame["channel"].gather_every(steps).to_list()
    runs = frame["channel"].rle_id()
    return (
        bool((step == np.arange(1, steps + 1)).all())
        and bool((ids == ids[:, :1]).all())
        and names == list(channels) * windows
        and (width == 1 or int(runs[-1]) + 1 == width * windows)
    )
