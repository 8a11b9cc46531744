"""What a table of labels says of each file beside its class: numbers and words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.config_tables import TextCells

NULLS: tuple[str, ...] = TextCells.model_fields["nulls"].default
"""Cells that mean "not measured"."""


@dataclass(frozen=True)
class Facts:
    """Typed columns, a row for each file."""

    columns: pl.DataFrame
    places: dict[str, int]
    """Key of a file's name → its row."""

    key: Callable[[str], str]

    def of(self, names: pl.Series) -> pl.DataFrame:
        """Return the rows of files, null where the table has none."""
        rows = [self.places.get(self.key(name)) for name in names]
        return self.columns.select(pl.all().gather(pl.Series(rows, dtype=pl.UInt32)))


def typed(cells: Sequence[str], name: str, *, number: bool, table: str) -> pl.Series:
    """Return a column of a table of labels.

    Args:
        cells: As they stand.
        name: Of the column.
        number: Whether it holds numbers.
        table: The table's name, for messages.

    Raises:
        DataError: A cell is no number and should be one.
    """
    words = pl.Series(name, cells, pl.String).str.strip_chars()
    known = words.set(words.is_in(list(NULLS) if number else [""]), None)
    if not number:
        return known
    numbers = known.cast(pl.Float64, strict=False).fill_nan(None)
    broken = known.filter(numbers.is_null() & known.is_not_null())
    if len(broken):
        raise DataError(
            f"sources.label_channels: the column {name!r} of {table} has {len(broken)} cells that are no numbers, such "
            f"as {broken[0]!r}; mend them, or name the column in sources.label_categories"
        )
    return numbers
