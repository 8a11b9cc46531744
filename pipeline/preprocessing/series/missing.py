"""What happens to cells and rows that nobody measured."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config_series import Missing
from pipeline.preprocessing.series.pieces import Doubles, Ints, Piece, SeriesTable, first_where, run_starts
from pipeline.preprocessing.series.season import DAY, MONTH

GAP = 1.5
"""Distances over this many steps are gaps."""

MOST_INSERTED = 1_000_000
MEAN_MONTH = 365.2425 / 12 * DAY


def filled_gaps(pieces: Iterator[Piece], step_seconds: float, *, rows: int, size: int) -> Iterator[Piece]:
    """Insert rows with nothing but group and time where steps of a group are missing.

    Times need not lie on a grid: only a distance over one and a half steps is a gap, and rows that are there keep
    their times. The inserted rows divide the gap evenly; they have no ``sample_id``.

    Args:
        pieces: Rows sorted by group and time, every time known.
        step_seconds: Usual distance of two rows.
        rows: How many there are in all.
        size: Rows of a piece that is handed on, at most.

    Raises:
        DataError: Far more rows would be inserted than there are: one time is wrong, or the step is.
    """
    before: Piece | None = None
    inserted = 0
    for piece in pieces:
        parts = _parts(piece, before, step_seconds)
        inserted += int(parts.sum()) - len(piece)
        if inserted > max(MOST_INSERTED, 10 * rows):
            raise _flood(piece, before, parts, inserted=inserted, rows=rows)
        ends = np.cumsum(parts) - 1  # where each row itself stands among those handed on
        for first in range(0, int(ends[-1]) + 1, size):
            yield _stretch(piece, before, ends, first=first, last=min(first + size, int(ends[-1]) + 1))
        before = piece.part(len(piece) - 1, len(piece))


def _parts(piece: Piece, before: Piece | None, step_seconds: float) -> Ints:
    """Return into how many parts the distance to the row before is divided; 1 where no row is missing."""
    # Months are 28 to 31 days: over years only their mean counts right.
    unit = MEAN_MONTH if MONTH[0] <= step_seconds <= MONTH[1] else step_seconds
    distance = _distances(piece, before) / 1e6
    gap = distance > GAP * step_seconds
    return np.where(gap, np.maximum(np.rint(distance / unit), 2), 1).astype(np.int64)


def _distances(piece: Piece, before: Piece | None) -> Ints:
    """Return the microseconds since the row before; 0 where a group begins."""
    times = piece.times
    first = times[0] if before is None else before.times[0]
    return np.where(run_starts(piece, before), 0, np.diff(times, prepend=first))


def _stretch(piece: Piece, before: Piece | None, ends: Ints, *, first: int, last: int) -> Piece:
    """Return rows ``first`` to ``last`` of those that are handed on: rows of ``piece`` and inserted ones."""
    places = np.arange(first, last)
    row = np.searchsorted(ends, places)  # the row itself, or the one before which rows are inserted
    real = ends[row] == places
    if real.all():
        return piece.part(int(row[0]), int(row[-1]) + 1)
    begins = np.concatenate([[-1], ends[:-1]])
    distance = _distances(piece, before)[row]
    passed = np.rint(distance * (places - begins[row]) / (ends[row] - begins[row])).astype(np.int64)
    times = piece.times[row] - distance + passed
    keys = piece.keys[row].with_columns(pl.Series("time", times).cast(pl.Datetime("us")))
    unknown = [name for name in keys.columns if name not in ("group", "time")]
    keys = keys.with_columns(pl.when(pl.Series(real)).then(pl.col(unknown)))
    return Piece(keys, np.asfortranarray(np.where(real[:, None], piece.values[row], np.nan)))


def _flood(piece: Piece, before: Piece | None, parts: Ints, *, inserted: int, rows: int) -> DataError:
    longest = int(parts.argmax())
    until = piece.keys["time"][longest]
    since = piece.keys["time"][longest - 1] if longest or before is None else before.keys["time"][0]
    return DataError(
        f"preprocessing.gaps=fill would insert {inserted:,} rows among {rows:,}; the longest gap lies between "
        f"{since} and {until}; mend that time, or use preprocessing.gaps=break"
    )


def filled_previous(values: Doubles, begins: NDArray[np.bool_], carried: Doubles) -> Doubles:
    """Give unknown cells the last known value of their group; what precedes the first one stays unknown.

    Args:
        values: ``(row, channel)``.
        begins: Rows with which a group begins.
        carried: The last known values before the first row, NaN where there are none.
    """
    filled = np.array(values, order="F")
    if not begins[0]:
        filled[0] = np.where(np.isnan(filled[0]), carried, filled[0])
    for channel in range(filled.shape[1]):
        column = filled[:, channel]
        unknown = np.isnan(column)
        if unknown.any():
            filled[:, channel] = column[np.maximum(first_where(~unknown | begins), 0)]
    return filled


def refuse_holes(table: SeriesTable, holes: Ints, rows: int, missing: Missing) -> None:
    """Check that every cell is known.

    Raises:
        DataError: Some are not; the message counts them per channel.
    """
    empty = [name for name, count in zip(table.channels, holes, strict=True) if count >= rows]
    if empty:
        raise DataError(
            f"the channel {empty[0]} has no value in any row; leave it out with sources.channels, or mend the source"
        )
    holed = {name: int(count) for name, count in zip(table.channels, holes, strict=True) if count}
    if holed and missing == "refuse":
        counts = ", ".join(f"{name} {count}" for name, count in list(holed.items())[:8])
        raise DataError(
            f"{len(holed)} channels have cells without a value ({counts}), and preprocessing.missing=refuse; set it to "
            f"`previous` (last known value), `mean` (of the training rows) or `mask` (says where a value is known), or "
            f"mend the source"
        )
