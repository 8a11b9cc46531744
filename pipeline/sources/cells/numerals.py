"""Numbers as people write them: with a decimal comma, or with marks between the thousands."""

from collections.abc import Container
from typing import Literal

import polars as pl

from pipeline.foundation.errors import DataError

Decimal = Literal[".", ","]

MOSTLY = 0.5
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+),\d+$"
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"
_DOTTED_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"


class NumeralReader:
    """Spells the numbers of one file as Python does, piece by piece; what one column has shown holds to its end."""

    def __init__(self, decimal: Decimal | None, file: str) -> None:
        """Begin a file.

        Args:
            decimal: The mark before the fraction; None: found from the cells of each column.
            file: Its name, for messages.
        """
        self.file = file
        self._said = decimal
        self._marks: dict[str, Decimal] = {}
        self._dotted: set[str] = set()
        """Columns with a dot in a cell without a comma."""

    def read(self, frame: pl.DataFrame, leave: Container[str] = (), *, commas: bool = True) -> pl.DataFrame:
        """Return ``frame`` with the numbers of its text columns spelt plainly; other cells as they are.

        Args:
            frame: Columns of text, stripped.
            leave: Columns whose commas are no marks: names, classes, texts.
            commas: Whether a cell can hold one at all.

        Raises:
            DataError: `1,234` could be either a thousand or one and a bit, and no other cell so far settles it; or
                a column uses both marks, or another one than the settings say.
        """
        names = [name for name, kind in frame.schema.items() if kind == pl.String and name not in leave]
        if not names or frame.is_empty():
            return frame
        with_dot = self._with_dot(frame, names)
        with_comma = _with_comma(frame, names) if commas else set()
        changed = [
            self._column(frame[name])
            for name in names
            if name in with_comma or (name in with_dot and self._mark_so_far(name) == ",")
        ]
        self._dotted |= with_dot
        return frame.with_columns(changed)

    def _with_dot(self, frame: pl.DataFrame, names: list[str]) -> set[str]:
        """Return the columns with a dot in a cell without a comma, as far as that is still news."""
        asked = [name for name in names if name not in self._dotted or self._mark_so_far(name) == ","]
        dot = {
            name: pl.col(name).str.contains(".", literal=True) & ~pl.col(name).str.contains(",", literal=True)
            for name in asked
        }
        return _true(frame, dot)

    def _mark_so_far(self, name: str) -> Decimal | None:
        return self._said or self._marks.get(name)

    def _column(self, column: pl.Series) -> pl.Series:
        if not _mostly_numbers(column, dotted=self._said == ","):
            return column
        if self._said:
            self._require_said(column, self._said)
        match self._mark_so_far(column.name) or self._found(column):
            case ",":
                return self._comma(column)
            case ".":
                self._marks[column.name] = "."
                thousands = column.str.contains(_THOUSANDS)
                return _where(thousands, column.str.replace_all(",", "", literal=True), column)
            case None:
                return column

    def _found(self, column: pl.Series) -> Decimal | None:
        cells = column.drop_nulls()
        shown = cells.filter(cells.str.contains(_COMMA) | cells.str.contains(_THOUSANDS))
        shown = shown.filter(shown.str.contains(",", literal=True))
        if shown.is_empty():
            return None
        comma, thousands = shown.str.contains(_COMMA).all(), shown.str.contains(_THOUSANDS).all()
        plain = cells.filter(cells.str.contains(_PLAIN) & cells.str.contains(".", literal=True))
        if shown.str.contains(".", literal=True).any():  # 1.234,5 shows what the dot of 1.234 means
            plain = plain.filter(~plain.str.contains(_DOTTED_THOUSANDS))
        dots = len(plain) > 0 or column.name in self._dotted
        if thousands and comma and not dots:
            raise DataError(
                f"{self.file}: {column.name!r} has numbers such as {shown[0]!r}, whose comma may part thousands or a "
                f"fraction; say which with sources.decimal ('.' or ',')"
            )
        if comma and not dots:
            return ","
        return "." if thousands else self._both(column, shown[0])

    def _comma(self, column: pl.Series) -> pl.Series:
        """Read `1.234,5`; a cell such as `1.5` among such numbers is nobody's."""
        comma, whole = column.str.contains(_COMMA), column.str.contains(_DOTTED_THOUSANDS)
        point = column.str.contains(_PLAIN) & column.str.contains(".", literal=True) & ~whole
        if point.any():
            self._both(column, column.filter(point)[0])
        if (comma | whole).any():
            self._marks[column.name] = ","
        numbers = column.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        return _where(comma | whole, numbers, column)

    def _require_said(self, column: pl.Series, said: Decimal) -> None:
        """Check that the other mark than the one in the settings only parts thousands."""
        other = "." if said == "," else ","
        number = column.str.contains(_PLAIN) | column.str.contains(_COMMA) | column.str.contains(_THOUSANDS)
        fits = column.str.contains(_COMMA) | column.str.contains(_DOTTED_THOUSANDS)
        if said == ".":
            fits = column.str.contains(_THOUSANDS)
        wrong = number & column.str.contains(other, literal=True) & ~fits
        if wrong.any():
            raise DataError(
                f"{self.file}: {column.name!r} has numbers such as {column.filter(wrong)[0]!r}, whose {other!r} parts "
                f"no thousands, and sources.decimal={said!r}; mend them or the setting, or leave the column out with "
                f"sources.channels"
            )

    def _both(self, column: pl.Series, example: str | None) -> Decimal | None:
        raise DataError(
            f"{self.file}: {column.name!r} has numbers with a decimal comma and others with a decimal point, such as "
            f"{example!r}; mend them, or leave the column out with sources.channels"
        )


def _with_comma(frame: pl.DataFrame, names: list[str]) -> set[str]:
    return _true(frame, {name: pl.col(name).str.contains(",", literal=True) for name in names})


def _true(frame: pl.DataFrame, conditions: dict[str, pl.Expr]) -> set[str]:
    """Return the names of the conditions that hold in any row."""
    if not conditions:
        return set()
    found = frame.select(cells.any().alias(name) for name, cells in conditions.items()).row(0, named=True)
    return {name for name, holds in found.items() if holds}


def _mostly_numbers(column: pl.Series, *, dotted: bool) -> bool:
    """Return whether most cells are numbers; with ``dotted`` also `1.234.567`, which else may be a version."""
    known = column.drop_nulls()
    number = known.str.contains(_PLAIN) | known.str.contains(_COMMA) | known.str.contains(_THOUSANDS)
    if dotted:
        number = number | known.str.contains(_DOTTED_THOUSANDS)
    return bool(len(known)) and float(number.sum()) / len(known) > MOSTLY


def _where(condition: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    return pl.select(pl.when(condition).then(yes).otherwise(no).alias(no.name)).to_series()
