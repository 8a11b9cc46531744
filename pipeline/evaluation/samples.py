"""The test samples that all models answered, and the refusal of tables that do not hold them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """Who the samples are, in the order of every table."""

    keys: pl.DataFrame
    """``sample_id``, ``group``, ``time``, one row per sample."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.keys)

    @property
    def ids(self) -> Ints:
        """``sample_id`` of each sample."""
        return np.asarray(self.keys["sample_id"].to_numpy(), np.int64)

    @property
    def group(self) -> pl.Series:
        """Group of each sample, null where there is none."""
        return self.keys["group"]

    @property
    def time(self) -> pl.Series:
        """Time of each sample, null where there is none."""
        return self.keys["time"]


def same_rows(frame: pl.DataFrame, expected: pl.DataFrame, model: str) -> None:
    """Refuse a table whose rows are not the ones that the others answered.

    Raises:
        DataError: A key column differs; comparing scores would then compare data, not models.
    """
    if not frame.select(expected.columns).equals(expected):
        raise DataError(
            f"{model} answered other test samples than the model it is compared with "
            f"({len(frame):,} rows, {len(expected):,} wanted); run `convoy run` to make both anew"
        )


def finite(values: NDArray[np.floating], model: str, what: str = "predictions") -> None:
    """Refuse NaN and infinity: a score computed from them would be one, or hide them.

    Raises:
        DataError: Some value is not finite.
    """
    bad = int(values.size - np.isfinite(values).sum())
    if bad:
        raise DataError(
            f"{bad:,} of {values.size:,} {what} of {model} are NaN or infinite, so there is no score to "
            f"tell; lower training.learning_rate, or look for extreme values in the data"
        )


def nonempty(frame: pl.DataFrame, columns: Sequence[str], model: str) -> None:
    """Refuse a table without rows, or without the columns that its head needs.

    Raises:
        DataError: There is nothing to judge.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(
            f"the predictions of {model} have no column {', '.join(missing)}; there are: "
            f"{', '.join(frame.columns[:12])}"
        )
    if frame.is_empty():
        raise DataError(
            f"{model} has no predictions on the test split, so there is nothing to judge; "
            f"give preprocessing.split.test a larger share"
        )
