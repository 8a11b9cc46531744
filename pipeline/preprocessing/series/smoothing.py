"""Exponential smoothing: each value is joined with those before it, never with one after it."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import polars as pl

from pipeline.preprocessing.scale import Chunks
from pipeline.preprocessing.series.pieces import Doubles, Ints

FACTORS = tuple(round(0.05 * step, 2) for step in range(1, 21))
"""Factors that are tried: 1 leaves a value as it is."""

Smoothing = Literal["none", "fitted"] | float


def smoothed(
    values: Doubles, begins: Ints, factors: Doubles, *, carried: Doubles | None, begun: int
) -> Doubles:
    """Return exponentially smoothed values; each unbroken stretch begins with its own first value.

    Args:
        values: ``(row, channel)``.
        begins: Row of the stream with which the stretch of each row begins, shape ``(row,)``.
        factors: Weight of the newest value, per channel.
        carried: Smoothed values of the row before, None at the very beginning.
        begun: Where the stretch of that row began.

    Source:
        Brown (1956), "Exponential Smoothing for Predicting Demand".
    """
    if carried is not None:
        values, begins = np.concatenate([carried[None], values]), np.concatenate([[begun], begins])
    frame = pl.DataFrame({str(place): values[:, place] for place in range(values.shape[1])})
    one = bool((begins == begins[0]).all())
    columns = []
    for place, factor in enumerate(factors.tolist()):
        column = pl.col(str(place)).ewm_mean(alpha=factor, adjust=False, min_samples=1)
        columns.append(column if one else column.over("begin"))
    result = frame.with_columns(pl.Series("begin", begins)).select(columns).to_numpy()
    return np.asfortranarray(result[0 if carried is None else 1 :])


class FactorSearch:
    """Finds, per channel, the factor whose smoothed past forecasts the next training value best."""

    def __init__(self, channels: int) -> None:
        self.errors = np.zeros((len(FACTORS), channels))
        self._chunks = Chunks(channels + 1)
        self._carried: list[Doubles] | None = None
        self._begun = -1

    def add(self, values: Doubles, begins: Ints) -> None:
        """Take note of training rows, and of where the stretch of each begins within training."""
        for chunk in self._chunks.add(np.column_stack([values, begins.astype(np.float64)])):
            self._judge(chunk)

    def factors(self) -> Doubles:
        """Return the best factor of each channel; nothing can be added afterwards."""
        for chunk in self._chunks.end():
            self._judge(chunk)
        best: Doubles = np.array(FACTORS)[self.errors.argmin(axis=0)]
        return best

    def _judge(self, chunk: Doubles) -> None:
        values, begins = chunk[:, :-1], chunk[:, -1].astype(np.int64)
        follows = np.concatenate([[begins[0] == self._begun], begins[1:] == begins[:-1]])
        last = []
        for place, past in enumerate(self._pasts(values, begins)):
            error = values[follows] - self._before(past, place)[follows]
            self.errors[place] += (error**2).sum(axis=0)
            last.append(past[-1])
        self._carried, self._begun = last, int(begins[-1])

    def _before(self, past: Doubles, place: int) -> Doubles:
        """Return the smoothed value that stood before each row."""
        first = past[:1] if self._carried is None else self._carried[place][None]
        return np.concatenate([first, past[:-1]])

    def _pasts(self, values: Doubles, begins: Ints) -> Iterator[Doubles]:
        for place, factor in enumerate(FACTORS):
            yield smoothed(
                values, begins, np.full(values.shape[1], factor),
                carried=None if self._carried is None else self._carried[place], begun=self._begun,
            )  # fmt: skip
