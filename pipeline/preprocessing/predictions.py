"""The one table in which every model, rival and floor tells its predictions: original units, test split."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError, ShapeError
from pipeline.preprocessing.meta import Split, StreamMeta
from pipeline.preprocessing.stream import Floats, Ints

Numbers = NDArray[np.floating[Any]]


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
    meta: StreamMeta, samples: pl.DataFrame, *, answer: Numbers, target: Ints | Floats
) -> pl.DataFrame:
    """Return the predictions of one model in the form of ``docs/formats.md``, in original units.

    Args:
        meta: What the stream means; its offset and scale put forecasts back into original units.
        samples: ``sample_id``, ``group``, ``time`` of each sample, as :func:`split_samples` gives them.
        answer: Probabilities, shape ``(sample, class)``; or scaled forecasts ``(sample, horizon, target)``.
        target: Class indices, shape ``(sample,)``; or scaled values of the shape of the forecasts.

    Raises:
        ShapeError: The parts do not have one row per sample.
        DataError: The answer holds NaN or infinity.
    """
    if not len(samples) == len(answer) == len(target):
        raise ShapeError(
            f"predictions need one row per sample: {len(samples)} samples, {len(answer)} answers, "
            f"{len(target)} targets"
        )
    if not np.isfinite(answer).all():
        raise DataError(
            "the model answers with NaN or infinity, so it has no predictions to judge; "
            "lower training.learning_rate, or look for extreme values in the data"
        )
    if meta.head == "classify":
        return _class_table(meta, samples, probabilities=answer, target=target)
    return _forecast_table(meta, samples, forecast=answer, target=target)


def _class_table(
    meta: StreamMeta, samples: pl.DataFrame, *, probabilities: Numbers, target: NDArray[Any]
) -> pl.DataFrame:
    names = np.asarray(meta.classes, dtype=object)
    shares = probabilities.astype(np.float32, copy=False)
    return samples.select(
        "sample_id",
        "group",
        "time",
        pl.lit(0, pl.Int32).alias("step"),
        pl.Series("target", names[target], pl.String),
        pl.Series("prediction", names[shares.argmax(axis=1)], pl.String),
        *[pl.Series(f"probability_{name}", shares[:, k]) for k, name in enumerate(meta.classes)],
    )


def _forecast_table(
    meta: StreamMeta, samples: pl.DataFrame, *, forecast: Numbers, target: NDArray[Any]
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
            pl.Series("target", _original(meta, target)),
            pl.Series("prediction", _original(meta, forecast)),
        ]
    )


def _original(meta: StreamMeta, scaled: NDArray[Any]) -> Floats:
    """Return ``(sample, horizon, target)`` as one row per window, channel and step, in original units."""
    scale, offset = (np.asarray(part)[list(meta.targets)] for part in (meta.scale, meta.offset))
    values: Floats = (scaled.transpose(0, 2, 1) * scale[:, None] + offset[:, None]).astype(np.float32)
    return values.reshape(-1)
