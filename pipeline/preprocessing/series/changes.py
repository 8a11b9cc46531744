"""Differences and returns: what changed since the row before."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.preprocessing.series.pieces import Doubles, Ints, Piece, SeriesTable


@dataclass(frozen=True)
class Changes:
    """Which channels become changes, and of what kind."""

    kind: Literal["none", "differences", "returns"]
    places: Ints
    """Channels that are changed, by their number."""

    @classmethod
    def of(
        cls, kind: Literal["none", "differences", "returns"], names: tuple[str, ...], table: SeriesTable
    ) -> "Changes":
        """Find the channels by their names; none are named: all of them.

        Raises:
            ConfigError: A name is no channel.
        """
        unknown = [name for name in names if name not in table.channels]
        if unknown:
            raise ConfigError(
                f"preprocessing.changed: {unknown[0]!r} is no channel; there are: {', '.join(table.channels[:20])}"
            )
        chosen = [table.channels.index(name) for name in (names or table.channels)] if kind != "none" else []
        return cls(kind, np.array(chosen, np.int64))

    def applied(self, values: Doubles, begins: NDArray[np.bool_], carried: Doubles) -> Doubles:
        """Return values with the chosen channels changed; unknown where the row or the one before it is.

        Args:
            values: ``(row, channel)``, NaN where unknown.
            begins: Rows that have no row before them: a group begins, or a gap ends.
            carried: The row before the first one, unchanged.
        """
        if not len(self.places):
            return values
        own = values[:, self.places]
        before = np.concatenate([carried[None, self.places], own[:-1]])
        before[begins] = np.nan
        changed = np.array(values, order="F")
        with np.errstate(divide="ignore", invalid="ignore"):
            changed[:, self.places] = own - before if self.kind == "differences" else own / before - 1.0
        return changed

    def refuse_bases(self, piece: Piece, values: Doubles, table: SeriesTable) -> None:
        """Check that nothing is divided by what is zero or less.

        Args:
            piece: The rows.
            values: Their values, where they are known.
            table: Where the rows come from.

        Raises:
            DataError: A return would be relative to zero or to a negative number.
        """
        if self.kind != "returns":
            return
        bad = values[:, self.places] <= 0
        if not bad.any():
            return
        row, place = (int(index) for index in np.argwhere(bad)[0])
        name = table.channels[self.places[place]]
        known = piece.keys["sample_id"][row]
        where = "an inserted row" if known is None else table.origin(known)
        raise DataError(
            f"preprocessing.changes=returns divides by the value before, and {name} is "
            f"{values[row, self.places[place]]:g} in {where}; use differences, or name the channels that are above 0 "
            f"in preprocessing.changed, or let validate set such rows aside"
        )
