"""The one table in which every model, rival and floor tells its predictions: original units, test split."""

from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError, ShapeError
from pipeline.preprocessing.meta import Split, StreamMeta
from pipeline.preprocessing.stream import Floats, Ints

Numbers = NDArray[np.floating[Any]]
QUANTILE = "quantile_"
"""What the name of a column with a quantile begins with; its level follows: ``quantile_0.9``."""


@dataclass(frozen=True)
class Bands:
    """Quantiles of forecasts."""

    levels: tuple[float, ...]
    """Rising."""

    values: Numbers
    """Scaled, shape ``(sample, horizon, target, quantile)``."""

    @property
    def median(self) -> Numbers:
        """The forecast in the middle, ``(sample, horizon, target)``."""
        return self.values[..., self.levels.index(0.5)]


def split_samples(samples: pl.DataFrame, split: Split, ids: Ints) -> pl.DataFrame:
    """Return the rows of ``samples.parquet`` that belong to ``split``, in the order of ``ids``.

    Raises:
        DataError: A sample of ``ids`` has no row, or more than one.
    """
    own = samples.filter(pl.col("split") == split)
    order = pl.DataFrame({"sample_id": ids})
    ordered = order.join(own, on="sample_id", how="left", maintain_order="left")
    if len(own) != len(ids) or len(ordered) != len(ids) or ordered["split"].null_count():
        raise DataError(
            f"samples.parquet lists {len(own)} samples of {split!r} where the stream has {len(ids)}; "
            f"make data/preprocess again with `convoy stage preprocess`"
        )
    return ordered.select("sample_id", "group", "time")


def prediction_table(
    meta: StreamMeta,
    samples: pl.DataFrame,
    *,
    answer: Numbers,
    target: Ints | Floats | None,
    thresholds: Numbers | None = None,
    bands: Bands | None = None,
) -> pl.DataFrame:
    """Return the predictions of one model in the form of ``docs/formats.md``, in original units.

    Args:
        meta: What the stream means; its offsets and scales put numbers back into original units.
        samples: ``sample_id``, ``group``, ``time`` of each sample, as :func:`split_samples` gives them.
        answer: Probabilities ``(sample, class)`` or ``(sample, label)``; scaled numbers ``(sample, 1)``; or scaled
            forecasts ``(sample, horizon, target)``.
        target: Class indices ``(sample,)``; or 0/1 labels or scaled values of the shape of the answer; None: unknown.
        thresholds: Multilabel: from which probability on each label is predicted, shape ``(label,)``; None: 0.5.
        bands: Forecast: its quantiles, where it has them.

    Raises:
        ShapeError: The parts do not have one row per sample.
        DataError: The answer holds NaN or infinity.
    """
    targets = len(answer) if target is None else len(target)
    if not len(samples) == len(answer) == targets:
        raise ShapeError(
            f"predictions need one row per sample: {len(samples)} samples, {len(answer)} answers, "
            f"{targets} targets"
        )
    if not (np.isfinite(answer).all() and (bands is None or np.isfinite(bands.values).all())):
        raise DataError(
            "the model answers with NaN or infinity, so it has no predictions to judge; "
            "lower training.learning_rate, or look for extreme values in the data"
        )
    match meta.head:
        case "classify":
            return _class_table(meta, samples, probabilities=answer, target=target)
        case "multilabel":
            limits = np.full(len(meta.classes), 0.5) if thresholds is None else np.asarray(thresholds)
            return _label_table(meta, samples, probabilities=answer, target=target, thresholds=limits)
        case "regress":
            return _number_table(meta, samples, number=answer, target=target)
        case "forecast":
            return _forecast_table(meta, samples, forecast=answer, target=target, bands=bands)
        case _:
            assert_never(meta.head)


def best_thresholds(probability: Numbers, target: Numbers) -> Floats:
    """Return per label the threshold that gives the best F1, to be fitted on val and used everywhere else.

    It stands half way between two probabilities that occur, so that a small change of either moves no
    prediction. A label that no sample has, or that there are no samples for, keeps 0.5.

    Args:
        probability: Shape ``(sample, label)``.
        target: 0/1, same shape.

    Returns:
        Shape ``(label,)``; a label is predicted where its probability is at least that.
    """
    pairs = zip(probability.T, target.T, strict=True)
    return np.asarray([_best_threshold(column, has > 0.5) for column, has in pairs], np.float32)


def _best_threshold(probability: Numbers, has: NDArray[np.bool_]) -> float:
    if not has.any():
        return 0.5
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order].astype(np.float64)
    hits, taken = np.cumsum(has[order]), np.arange(1, len(order) + 1)
    last = np.append(ranked[1:] < ranked[:-1], True)  # equal probabilities are taken together or not at all
    f1 = np.where(last, 2.0 * hits / (taken + has.sum()), -1.0)
    best = int(f1.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2.0)


def _class_table(
    meta: StreamMeta, samples: pl.DataFrame, *, probabilities: Numbers, target: NDArray[Any] | None
) -> pl.DataFrame:
    names = np.asarray(meta.classes, dtype=object)
    shares = probabilities.astype(np.float32, copy=False)
    return samples.select(
        "sample_id",
        "group",
        "time",
        pl.lit(0, pl.Int32).alias("step"),
        _targets(None if target is None else names[target], pl.String(), len(samples)),
        pl.Series("prediction", names[shares.argmax(axis=1)], pl.String),
        *[pl.Series(f"probability_{name}", shares[:, k]) for k, name in enumerate(meta.classes)],
    )


def _label_table(
    meta: StreamMeta,
    samples: pl.DataFrame,
    *,
    probabilities: Numbers,
    target: NDArray[Any] | None,
    thresholds: Numbers,
) -> pl.DataFrame:
    """Return one row per sample and label, in this order."""
    count, width = probabilities.shape
    shares = probabilities.astype(np.float32, copy=False)
    which = pl.Series("row", np.repeat(np.arange(count, dtype=np.uint32), width))
    label = pl.Series(np.tile(np.arange(width, dtype=np.uint32), count))
    return pl.DataFrame(
        [
            *[samples[name].gather(which) for name in ("sample_id", "group", "time")],
            pl.Series("step", np.zeros(count * width, np.int32)),
            pl.Series("label", list(meta.classes), pl.String).gather(label),
            _targets(None if target is None else (target > 0.5).reshape(-1), pl.Boolean(), count * width),
            pl.Series("prediction", (shares >= thresholds.astype(np.float32)).reshape(-1)),
            pl.Series("probability", shares.reshape(-1)),
        ]
    )


def _number_table(
    meta: StreamMeta, samples: pl.DataFrame, *, number: Numbers, target: NDArray[Any] | None
) -> pl.DataFrame:
    """Return one row per sample, like a forecast of one step."""

    def original(scaled: NDArray[Any]) -> Floats:
        values = scaled.reshape(-1).astype(np.float64) * meta.target_scale + meta.target_offset
        return np.asarray(values, np.float32)

    return samples.select(
        "sample_id",
        "group",
        "time",
        pl.lit(1, pl.Int32).alias("step"),
        pl.lit(meta.target_name, pl.String).alias("channel"),
        _targets(None if target is None else original(target), pl.Float32(), len(samples)),
        pl.Series("prediction", original(number), pl.Float32),
    )


def _forecast_table(
    meta: StreamMeta,
    samples: pl.DataFrame,
    *,
    forecast: Numbers,
    target: NDArray[Any] | None,
    bands: Bands | None,
) -> pl.DataFrame:
    """Return one row per window, target channel and step, in this order."""
    count, horizon, width = forecast.shape
    which = pl.Series("row", np.repeat(np.arange(count, dtype=np.uint32), horizon * width))
    names = pl.Series("channel", [meta.channels[index] for index in meta.targets], pl.String)
    channel = np.tile(np.repeat(np.arange(width, dtype=np.uint32), horizon), count)
    step = np.tile(np.arange(1, horizon + 1, dtype=np.int32), count * width)
    columns = [samples[name].gather(which) for name in ("sample_id", "group", "time")]
    return pl.DataFrame(
        [
            *columns,
            pl.Series("step", step),
            names.gather(pl.Series(channel)),
            _targets(
                None if target is None else _original(meta, target), pl.Float32(), count * horizon * width
            ),
            pl.Series("prediction", _original(meta, forecast)),
            *(_quantiles(meta, bands) if bands else ()),
        ]
    )


def _targets(values: NDArray[Any] | None, kind: pl.DataType, rows: int) -> pl.Series:
    """Return the column of the targets, null where nobody knows them."""
    return pl.Series("target", [None] * rows if values is None else values, kind)


def _quantiles(meta: StreamMeta, bands: Bands) -> list[pl.Series]:
    """Return a column per quantile, in original units."""
    return [
        pl.Series(f"{QUANTILE}{level:g}", _original(meta, bands.values[..., place]))
        for place, level in enumerate(bands.levels)
    ]


def _original(meta: StreamMeta, scaled: NDArray[Any]) -> Floats:
    """Return ``(sample, horizon, target)`` as one row per window, channel and step, in original units."""
    scale, offset = (np.asarray(part)[list(meta.targets)] for part in (meta.scale, meta.offset))
    values: Floats = (scaled.transpose(0, 2, 1) * scale[:, None] + offset[:, None]).astype(np.float32)
    return values.reshape(-1)
