"""Distributions of the columns of a table that comes in pieces; what is held does not grow with its rows."""

from dataclasses import dataclass, field

import polars as pl

from pipeline.quality.profile import CLASS_COLUMN, TEXT_COLUMN, TEXT_LENGTH, ColumnTally, Profile
from pipeline.quality.reference import Reference, as_reference
from pipeline.quality.tally import ClassTally


@dataclass
class Distributions:
    """What :class:`pipeline.quality.profile.Profile` says of the same columns."""

    rows: int = 0
    dependent: bool = False
    """Whether rows have a time or a group."""

    _classes: ClassTally = field(default_factory=ClassTally)
    _tallies: dict[str, ColumnTally] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame, keys: pl.DataFrame | None = None) -> None:
        """Take more rows.

        Args:
            frame: The columns to look at; of a text its length counts.
            keys: ``group`` and ``time`` of the rows, where they have them.
        """
        self.rows += frame.height
        if keys is not None and not self.dependent:
            self.dependent = any(keys[name].null_count() < keys.height for name in keys.columns)
        for series in frame.get_columns():
            name = series.name
            if name == TEXT_COLUMN:
                name, series = TEXT_LENGTH, series.str.len_chars().cast(pl.Int64)
            if name not in self._tallies:
                self._tallies[name] = ColumnTally(name, str(series.dtype))
            self._tallies[name].add(series)
            if name == CLASS_COLUMN:
                self._classes.add(series)

    def reference(self) -> Reference:
        """Return what can be compared."""
        sketches = {name: sketch for name, tally in self._tallies.items() if (sketch := tally.sketch())}
        columns = {name: tally.figures(self.rows) for name, tally in self._tallies.items()}
        classes = dict(sorted(self._classes.counts.items()))
        return as_reference(Profile({"rows": self.rows}, columns, classes, {}, sketches))
