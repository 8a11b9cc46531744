"""Rows as they enter the stream: filled, changed, smoothed, and in which stretch and part of the split they lie.

The table is read anew in each pass, piece by piece; what one piece has to know of those before it is carried along,
so that no result depends on where pieces end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError
from pipeline.preprocessing.config_series import WholeConfig, WindowsConfig
from pipeline.preprocessing.series.calendar import Cycle, calendar_channels, calendar_names
from pipeline.preprocessing.series.changes import Changes
from pipeline.preprocessing.series.missing import GAP, filled_gaps, filled_previous
from pipeline.preprocessing.series.moments import Cuts
from pipeline.preprocessing.series.pieces import (
    Doubles,
    Ints,
    Piece,
    SeriesTable,
    first_where,
    read_pieces,
    run_starts,
)
from pipeline.preprocessing.series.resample import resampled
from pipeline.preprocessing.series.smoothing import smoothed
from pipeline.preprocessing.split.divide import UNUSED, Codes


@dataclass(frozen=True)
class Recipe:
    """What is done to the rows, as far as it is known: each pass adds what it has fitted."""

    table: SeriesTable
    config: WindowsConfig | WholeConfig
    changes: Changes
    size: int
    """Rows of a piece; nothing in the results depends on it."""

    rows: int = 0
    step: float | None = None
    """Regular distance of two rows in seconds; None: gaps do not count."""

    masked: tuple[int, ...] = ()
    """Channels that say in a channel of their own where they are known."""

    parts: Cuts | Codes | None = None
    """Which part of the split a time (or place in a group) has; or which one each group has."""

    means: Doubles | None = None
    factors: Doubles | None = None

    @property
    def measured(self) -> int:
        """Return how many channels are measurements: those that are scaled."""
        return len(self.table.channels) * (1 if self.factors is None else 2)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of all channels: as they are, smoothed, where they are known, and of the calendar.

        Raises:
            ConfigError: Two of them have one name.
        """
        own = self.table.channels
        names = (
            *own,
            *(f"smooth({name})" for name in own if self.factors is not None),
            *(f"known({own[place]})" for place in self.masked),
            *calendar_names(self._cycles()),
        )
        twice = [name for name in own if names.count(name) > 1]
        if twice:
            raise ConfigError(
                f"preprocessing makes a channel named {twice[0]}, and the source has one of that name; rename it there"
            )
        return names

    def pieces(self, *, channels: bool = True) -> Iterator[Piece]:
        """Yield the rows as the source has them, averaged and with gaps filled as asked."""
        pieces = read_pieces(self.table, self.size, channels=channels)
        config = self.config
        if isinstance(config, WholeConfig):
            return pieces
        if config.resample_seconds is not None:
            pieces = resampled(pieces, config.resample_seconds)
        if config.gaps == "fill" and self.step is not None and self.table.timed:
            pieces = filled_gaps(pieces, self.step, rows=self.rows, size=self.size)
        return pieces

    def blocks(self) -> Iterator["Block"]:
        """Yield the rows as they enter the stream, but for the scale."""
        chain = _Chain(self)
        for piece in self.pieces():
            yield chain.block(piece)

    def _cycles(self) -> tuple[Cycle, ...]:
        return self.config.calendar if isinstance(self.config, WindowsConfig) else ()


@dataclass(frozen=True)
class Block:
    """Some rows of the stream."""

    first: int
    """Number of the first one in the stream."""

    keys: pl.DataFrame
    values: Doubles
    """``(row, channel)``, unscaled; NaN where unknown."""

    raw: Doubles
    """The channels as the source has them."""

    groups: Ints
    """Number of the group, in the order of the table."""

    begins: Ints
    """Row with which the unbroken stretch of each row begins: no gap, no change of group, no unknown value,
    no edge of a block of folds by time."""

    parts: Codes
    """Part of the split; -1 where in none."""

    codes: Codes
    """The same, but also -1 where a value is unknown."""

    def __len__(self) -> int:
        return len(self.values)


@dataclass
class _Carried:
    """What the next piece has to know."""

    row: Piece | None = None
    first: int = 0
    group: int = -1
    group_begin: int = 0
    part: int | None = None
    begin: int = 0
    unknown: bool = True
    filled: Doubles = field(default_factory=lambda: np.empty(0))
    smooth: Doubles | None = None


class _Chain:
    """One pass over the rows."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.carried = _Carried(filled=np.full(len(recipe.table.channels), np.nan))

    def block(self, piece: Piece) -> Block:
        """Return the next rows; each piece has to be the one that follows the last."""
        carried = self.carried
        rows = carried.first + np.arange(len(piece))
        starts = run_starts(piece, carried.row)
        groups = carried.group + np.cumsum(starts)
        group_begins = _latest(rows, starts, carried.group_begin)
        parts = self._codes(piece, groups, rows - group_begins)
        edges = starts | self._edges(parts)
        gaps = edges | self._gaps(piece)
        filled, values = self._values(piece, edges, gaps)
        unknown: NDArray[np.bool_] = np.asarray(np.isnan(values).any(axis=1))
        # An unknown value ends the stretch on both sides.
        after = np.append([carried.unknown], unknown[:-1])
        begins = _latest(rows, gaps | unknown | after, carried.begin)
        smooth = self._smoothed(values, begins)
        self.carried = _Carried(
            row=piece.part(len(piece) - 1, len(piece)), first=carried.first + len(piece), group=int(groups[-1]),
            group_begin=int(group_begins[-1]), part=int(parts[-1]), begin=int(begins[-1]), unknown=bool(unknown[-1]),
            filled=np.array(filled[-1]), smooth=None if smooth is None else np.array(smooth[-1]),
        )  # fmt: skip
        return Block(
            first=carried.first, keys=piece.keys, values=self._joined(piece, values, smooth), raw=piece.values,
            groups=groups, begins=begins, parts=parts, codes=np.where(unknown, UNUSED, parts).astype(np.int8),
        )  # fmt: skip

    def _values(
        self, piece: Piece, edges: NDArray[np.bool_], gaps: NDArray[np.bool_]
    ) -> tuple[Doubles, Doubles]:
        """Return the levels with the last known value filled in where asked, and what is made of them."""
        recipe, filled = self.recipe, piece.values
        if recipe.config.missing in ("previous", "mask"):
            filled = filled_previous(filled, edges, self.carried.filled)
        recipe.changes.refuse_bases(piece, filled, recipe.table)
        values = recipe.changes.applied(filled, gaps, self.carried.filled)
        if recipe.means is not None:
            unknown = np.isnan(values)
            # What has nothing before it has not changed by a mean: it stays unknown.
            unknown[:, recipe.changes.places] &= ~gaps[:, None]
            values = np.asfortranarray(np.where(unknown, recipe.means, values))
        return filled, values

    def _gaps(self, piece: Piece) -> NDArray[np.bool_]:
        """Return the rows before which steps are missing."""
        config, before = self.recipe.config, self.carried.row
        if isinstance(config, WholeConfig) or config.gaps == "ignore":
            return np.zeros(len(piece), bool)
        if not self.recipe.table.timed:  # a row that validate set aside leaves a hole in the numbers
            ids = piece.keys["sample_id"].to_numpy()
            first = ids[0] - 1 if before is None else before.keys["sample_id"][0]
            return np.asarray(np.diff(ids, prepend=first) > GAP)
        first = piece.times[0] if before is None else before.times[0]
        step = np.inf if self.recipe.step is None else self.recipe.step
        distances: Ints = np.diff(piece.times, prepend=first)
        return np.asarray(distances / 1e6 > GAP * step)

    def _codes(self, piece: Piece, groups: Ints, places: Ints) -> Codes:
        parts = self.recipe.parts
        if parts is None:
            return np.zeros(len(piece), np.int8)
        if isinstance(parts, Cuts):
            return parts.of(piece.times if self.recipe.table.timed else places)
        return parts[groups]

    def _edges(self, parts: Codes) -> NDArray[np.bool_]:
        """Return the rows with which a block of folds by time begins: training follows on test there.

        What is smoothed, changed or filled over such an edge would carry test values into training.
        """
        if self.recipe.config.split.kind != "folds":
            return np.zeros(len(parts), bool)
        return np.asarray(
            np.diff(parts, prepend=parts[0] if self.carried.part is None else self.carried.part) != 0
        )

    def _smoothed(self, values: Doubles, begins: Ints) -> Doubles | None:
        if self.recipe.factors is None:
            return None
        return smoothed(
            values, begins, self.recipe.factors, carried=self.carried.smooth, begun=self.carried.begin
        )

    def _joined(self, piece: Piece, values: Doubles, smooth: Doubles | None) -> Doubles:
        """Return all channels beside one another, in the order of ``Recipe.channels``."""
        recipe = self.recipe
        parts = [values, *([] if smooth is None else [smooth])]
        if recipe.masked:
            parts.append((~np.isnan(piece.values[:, recipe.masked])).astype(np.float64))
        if isinstance(recipe.config, WindowsConfig) and recipe.config.calendar:
            parts.append(calendar_channels(piece.keys["time"], recipe.config.calendar))
        return parts[0] if len(parts) == 1 else np.asfortranarray(np.concatenate(parts, axis=1))


def _latest(rows: Ints, begins: NDArray[np.bool_], carried: int) -> Ints:
    """Return for each row the last one, up to itself, that begins something; ``carried`` before the first of them."""
    places = first_where(begins)
    return np.where(places < 0, carried, rows[0] + places)
