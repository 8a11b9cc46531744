"""Scaling that is fitted on the training split only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Scale = Literal["standard", "minmax", "none"]

CHUNK_CELLS = 500_000
"""Numbers in a chunk of rows that is summed at once."""


@dataclass(frozen=True)
class Scaler:
    """scaled = (raw − offset) / scale, per channel."""

    offset: Doubles
    scale: Doubles

    def apply(self, raw: Doubles) -> NDArray[np.float32]:
        """Return scaled values, shape as given with channels last."""
        scaled: NDArray[np.float32] = ((raw - self.offset) / self.scale).astype(np.float32)
        return scaled


def fit_scaler(training_rows: Doubles, kind: Scale) -> Scaler:
    """Return the scaler for rows of shape ``(row, channel)``; a constant channel keeps scale 1."""
    channels = training_rows.shape[1]
    if kind == "none":
        return Scaler(np.zeros(channels), np.ones(channels))
    if kind == "standard":
        offset, spread = training_rows.mean(axis=0), training_rows.std(axis=0)
    else:
        offset = training_rows.min(axis=0)
        spread = training_rows.max(axis=0) - offset
    return Scaler(offset, np.where(spread > 0, spread, 1.0))


def with_derived(scaler: Scaler, channels: int) -> Scaler:
    """Return the scaler for all channels: those of the calendar and the masks stay as they are, within -1 and 1."""
    more = channels - len(scaler.offset)
    return Scaler(np.append(scaler.offset, np.zeros(more)), np.append(scaler.scale, np.ones(more)))


class RunningMoments:
    """Mean, deviation and range of each channel, rows handed over piece by piece; NaN counts as unknown.

    Rows are gathered into chunks of one size before they are summed, so that the result, to the last bit, does not
    depend on how they came. Chunks are joined by their means, not by sums of squares, which would lose digits.

    Source:
        Chan, Golub, LeVeque (1979), "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances".
    """

    def __init__(self, channels: int) -> None:
        self.count = np.zeros(channels)
        self.mean = np.zeros(channels)
        self.squares = np.zeros(channels)
        self.least = np.full(channels, np.inf)
        self.most = np.full(channels, -np.inf)
        self._chunks = Chunks(channels)

    def add(self, rows: Doubles) -> None:
        """Take note of rows of shape ``(row, channel)``."""
        for chunk in self._chunks.add(rows):
            self._join(chunk)

    def end(self) -> None:
        """Take note of what is left; nothing can be added afterwards."""
        for chunk in self._chunks.end():
            self._join(chunk)

    def scaler(self, kind: Scale) -> Scaler:
        """Return the scaler; a channel that is constant or has no value keeps offset 0 or its value, and scale 1."""
        channels, known = len(self.count), self.count > 0
        if kind == "none":
            return Scaler(np.zeros(channels), np.ones(channels))
        if kind == "standard":
            offset, spread = self.mean, np.sqrt(self.squares / np.maximum(self.count, 1))
        else:
            offset, spread = np.where(known, self.least, 0.0), np.where(known, self.most - self.least, 0.0)
        return Scaler(offset, np.where(spread > 0, spread, 1.0))

    def _join(self, chunk: Doubles) -> None:
        known = ~np.isnan(chunk)
        count = known.sum(axis=0)
        mean = np.divide(
            np.where(known, chunk, 0.0).sum(axis=0), count, out=np.zeros(len(count)), where=count > 0
        )
        deviations = np.where(known, chunk - mean, 0.0)
        total = np.maximum(self.count + count, 1)
        apart = mean - self.mean
        self.squares += (deviations**2).sum(axis=0) + apart**2 * self.count * count / total
        self.mean += np.where(count > 0, apart * count / total, 0.0)
        self.count += count
        self.least = np.fmin(self.least, np.fmin.reduce(chunk, axis=0))
        self.most = np.fmax(self.most, np.fmax.reduce(chunk, axis=0))


class Chunks:
    """Rows in chunks of one size, however they come."""

    def __init__(self, channels: int) -> None:
        self.size = max(CHUNK_CELLS // max(channels, 1), 1)
        self._waiting: list[Doubles] = []
        self._held = 0

    def add(self, rows: Doubles) -> Iterator[Doubles]:
        """Yield the chunks that are full now; all of them have to be taken."""
        self._waiting.append(rows)
        self._held += len(rows)
        if self._held < self.size:
            return
        together = np.concatenate(self._waiting)
        whole = self._held // self.size * self.size
        self._waiting, self._held = [together[whole:].copy()], self._held - whole
        for first in range(0, whole, self.size):
            yield np.ascontiguousarray(together[first : first + self.size])

    def end(self) -> Iterator[Doubles]:
        """Yield what is left."""
        if self._held:
            yield np.ascontiguousarray(np.concatenate(self._waiting))
        self._waiting, self._held = [], 0
