"""Numbers and categories of a table as scaled columns; everything here is fitted on training rows only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.scale import RunningMoments, Scale, Scaler

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Category:
    """A column of words and the values that have a place of their own."""

    name: str
    values: tuple[str | None, ...]
    """Most frequent first; null is a value like others."""

    rest: bool
    """Whether training has further values; they share the last place."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns it becomes."""
        own = tuple(
            f"{self.name} missing" if value is None else f"{self.name}={value}" for value in self.values
        )
        return (*own, f"{self.name} other") if self.rest else own

    def encode(self, values: pl.Series) -> Floats:
        """Return 0/1 columns, shape ``(row, column)``; a value that training never had is 0 everywhere."""
        places = {value: place for place, value in enumerate(self.values) if value is not None}
        nowhere = len(self.values) if self.rest else -1
        found = (
            values.fill_null("")
            .replace_strict(places, default=nowhere, return_dtype=pl.Int64)
            .to_numpy()
            .copy()
        )
        found[values.is_null().to_numpy()] = self.values.index(None) if None in self.values else nowhere
        hot = np.zeros((len(values), len(self.names)), np.float32)
        known = found >= 0
        hot[np.flatnonzero(known), found[known]] = 1.0
        return hot


@dataclass(frozen=True)
class Columns:
    """What turns a row into numbers."""

    channels: tuple[str, ...]
    scaler: Scaler
    means: Doubles
    """Of each channel in training, put where a cell is empty."""

    masked: tuple[int, ...]
    """Channels that get a column which says where a value was measured."""

    categories: tuple[Category, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        masks = (f"{self.channels[index]} measured" for index in self.masked)
        return (*self.channels, *masks, *(name for category in self.categories for name in category.names))

    def encode(self, frame: pl.DataFrame) -> Floats:
        """Return scaled columns, shape ``(row, column)``."""
        raw = numbers(frame, self.channels)
        holes = np.isnan(raw)
        scaled = self.scaler.apply(np.where(holes, self.means, raw))
        masks = (~holes[:, list(self.masked)]).astype(np.float32)
        return np.hstack([scaled, masks, *(each.encode(frame[each.name]) for each in self.categories)])

    def as_json(self) -> dict[str, Any]:
        """Return what was fitted, for ``fitted.json``."""
        return {
            "columns": list(self.names),
            "channels": {
                name: {"offset": float(offset), "scale": float(scale), "mean": float(mean)}
                for name, offset, scale, mean in zip(
                    self.channels, self.scaler.offset, self.scaler.scale, self.means, strict=True
                )
            },
            "categories": {each.name: list(each.values) for each in self.categories},
            "masked": [self.channels[index] for index in self.masked],
            "rest": [each.name for each in self.categories if each.rest],
            "order": [*self.channels, *(each.name for each in self.categories)],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Columns":
        """Return what :meth:`as_json` told; a file may have its keys in another order."""
        channels = tuple(name for name in told["order"] if name in told["channels"])
        offset, scale, means = (
            np.array([told["channels"][name][key] for name in channels], np.float64)
            for key in ("offset", "scale", "mean")
        )
        return cls(
            channels,
            Scaler(offset, scale),
            means,
            tuple(channels.index(name) for name in told["masked"]),
            tuple(
                Category(name, tuple(told["categories"][name]), name in told["rest"])
                for name in told["order"]
                if name in told["categories"]
            ),
        )


def numbers(frame: pl.DataFrame, channels: Iterable[str]) -> Doubles:
    """Return channels as ``(row, channel)``, NaN where a cell is empty."""
    names = list(channels)
    if not names:
        return np.empty((frame.height, 0))
    return frame.select(names).to_numpy().astype(np.float64)


class ColumnFit:
    """Means, scales and values of training rows, gathered piece by piece."""

    def __init__(self, channels: tuple[str, ...], categories: tuple[str, ...]) -> None:
        self.channels = channels
        self.rows = 0
        self._moments = RunningMoments(len(channels))
        self._values: dict[str, Counter[str | None]] = {name: Counter() for name in categories}

    def add(self, frame: pl.DataFrame) -> None:
        """Take in training rows."""
        self.rows += frame.height
        self._moments.add(numbers(frame, self.channels))
        for name, counts in self._values.items():
            found = frame[name].value_counts(name="times")
            counts.update(dict(zip(found[name].to_list(), found["times"].to_list(), strict=True)))

    def columns(self, *, scale: Scale, missing: str, most_categories: int) -> Columns:
        """Return what was fitted; nothing can be added afterwards.

        Args:
            scale: How numbers are scaled.
            missing: `mask`: channels with holes get a column that says where a value was measured.
            most_categories: Values of a column of words that get a place of their own.

        Raises:
            DataError: A channel has no value in training.
        """
        moments = self._moments
        moments.end()
        empty = [name for name, known in zip(self.channels, moments.count, strict=True) if not known]
        if empty:
            raise DataError(
                f"the channel {empty[0]} has no value in any training row; leave it out with sources.channels, or "
                f"mend the source"
            )
        holes = np.flatnonzero(moments.count < self.rows)
        return Columns(
            self.channels,
            moments.scaler(scale),
            moments.mean,
            tuple(holes.tolist()) if missing == "mask" else (),
            tuple(_category(name, counts, most_categories) for name, counts in self._values.items()),
        )


def _category(name: str, counts: Counter[str | None], most: int) -> Category:
    """Give the most frequent values a place; equally frequent ones in the order of their letters."""
    order = sorted(counts, key=lambda value: (-counts[value], value is not None, value or ""))
    return Category(name, tuple(order[:most]), len(order) > most)
