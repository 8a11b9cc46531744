"""The first look at a series: its groups, the usual distance of two rows, and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.series.moments import Moments
from pipeline.preprocessing.series.pieces import Ints, Piece, SeriesTable, run_starts

MOST_DISTANCES = 1_000_000
"""Different distances that are counted; with more the rarest are forgotten, and the usual one is not among them."""


@dataclass(frozen=True)
class Survey:
    """What was seen in one pass."""

    rows: int
    names: tuple[str | None, ...]
    """Groups in the order of the table."""

    sizes: Ints
    """Rows of each group."""

    holes: Ints
    """Cells without a value, per channel; those that hold infinity are counted apart."""

    infinite: Ints
    """Cells that hold infinity, per channel."""

    inserted: int
    """Rows that no source has: those without a ``sample_id``."""

    last_id: int
    """Highest ``sample_id``."""

    distances: pl.DataFrame
    """``distance`` of two rows of a group in microseconds, and its ``count``."""

    @property
    def unknown(self) -> Ints:
        """Return how many cells of each channel tell nothing."""
        return self.holes + self.infinite

    @property
    def step_seconds(self) -> float | None:
        """Return the most frequent distance of two rows, the shorter one of equals; None without times."""
        positive = self.distances.filter(pl.col("distance") > 0)
        if positive.is_empty():
            return None
        first = positive.sort("count", "distance", descending=[True, False]).row(0, named=True)
        return float(first["distance"]) / 1e6


def survey(table: SeriesTable, pieces: Iterator[Piece], moments: Moments | None = None) -> Survey:
    """Read rows once, and take note of them.

    Args:
        table: Where the rows come from.
        pieces: The rows.
        moments: What gathers the distinct times, if they are wanted.

    Raises:
        DataError: The rows are not in the order of group and time.
    """
    notes = _Notes(table, moments)
    for piece in pieces:
        notes.take(piece)
    return notes.survey()


class _Notes:
    """What is known after some of the rows."""

    def __init__(self, table: SeriesTable, moments: Moments | None) -> None:
        self.table, self.moments = table, moments
        self.names: list[str | None] = []
        self.met: set[str | None] = set()
        self.sizes: list[int] = []
        none = np.zeros(0, np.int64)
        self.seen = Survey(
            rows=0, names=(), sizes=none, holes=none, infinite=none, inserted=0, last_id=-1,
            distances=pl.DataFrame(schema={"distance": pl.Int64, "count": pl.Int64}),
        )  # fmt: skip
        self.before: Piece | None = None

    def take(self, piece: Piece) -> None:
        """Take note of some rows."""
        seen, ids = self.seen, piece.keys["sample_id"]
        begins = run_starts(piece, self.before)
        timed = self.table.timed
        distances = self._distances(piece, begins) if timed else seen.distances
        if timed and self.moments is not None:
            self.moments.add(piece.times)
        self._count(piece, begins)
        infinite = np.zeros(piece.values.shape[1], np.int64) if piece.infinite is None else piece.infinite
        holes = np.isnan(piece.values).sum(axis=0) - infinite
        self.seen = replace(
            seen, rows=seen.rows + len(piece), distances=distances,
            holes=holes + seen.holes if len(seen.holes) else holes,
            infinite=infinite + seen.infinite if len(seen.infinite) else infinite,
            inserted=seen.inserted + ids.null_count(),
            last_id=max(seen.last_id, int(ids.fill_null(-1).to_numpy().max())),
        )  # fmt: skip
        self.before = piece.part(len(piece) - 1, len(piece))

    def survey(self) -> Survey:
        """Return everything."""
        return replace(self.seen, names=tuple(self.names), sizes=np.array(self.sizes, np.int64))

    def _count(self, piece: Piece, begins: NDArray[np.bool_]) -> None:
        """Count the rows of each group."""
        firsts = np.flatnonzero(begins)
        names = piece.keys["group"].gather(firsts).to_list()
        for name in names:
            if name in self.met:
                raise DataError(
                    f"the rows of the group {name!r} do not stand together; run ingest again, which puts them in order"
                )
            self.met.add(name)
        edges = np.concatenate([firsts, [len(piece)]])
        if edges[0] and self.sizes:
            self.sizes[-1] += int(edges[0])
        self.names += names
        self.sizes += np.diff(edges).tolist()

    def _distances(self, piece: Piece, begins: NDArray[np.bool_]) -> pl.DataFrame:
        times = piece.times
        first = times[0] if self.before is None else self.before.times[0]
        distances = np.diff(times, prepend=first)[~begins]
        if (distances < 0).any():
            row = np.flatnonzero(~begins)[int((distances < 0).argmax())]
            raise DataError(
                f"the time {piece.keys['time'][int(row)]} follows a later one of its group; run ingest again, which "
                f"puts rows in order"
            )
        values, counts = _counted(distances)
        new = pl.DataFrame({"distance": values, "count": counts})
        both = pl.concat([self.seen.distances, new]).group_by("distance").agg(pl.col("count").sum())
        if both.height > MOST_DISTANCES:
            both = both.sort("count", "distance", descending=[True, False]).head(MOST_DISTANCES // 2)
        return both.sort("distance")


def _counted(distances: Ints) -> tuple[Ints, Ints]:
    if len(distances) and (distances == distances[0]).all():
        return distances[:1], np.array([len(distances)])
    values, counts = np.unique(distances, return_counts=True)
    return values, counts.astype(np.int64)
