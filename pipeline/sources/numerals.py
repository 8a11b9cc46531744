"""Numbers as people write them: with a decimal comma, or with marks between the thousands."""

from typing import Literal

import polars as pl

from pipeline.foundation.errors import DataError

Decimal = Literal[".", ","]

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


def plain_numbers(frame: pl.DataFrame, decimal: Decimal | None, path: str) -> pl.DataFrame:
    """Return ``frame`` with numbers of text columns spelt as Python spells them; other columns as they are.

    Args:
        frame: Columns of text, stripped.
        decimal: The mark before the fraction; None: found from the cells.
        path: Name of the file, for messages.

    Raises:
        DataError: `1,234` could be either a thousand or one and a bit, and no other cell settles it.
    """
    changed = [_plain(frame[name], decimal or find_decimal(frame[name], path)) for name in _with_comma(frame)]
    return frame.with_columns(changed)


def find_decimal(column: pl.Series, path: str) -> Decimal | None:
    """Return the mark before the fraction in a column of text; None where the cells are no numbers.

    Raises:
        DataError: The cells fit both.
    """
    cells = column.drop_nulls()
    with_comma = cells.filter(cells.str.contains(",", literal=True))
    rest = cells.filter(~cells.str.contains(",", literal=True))
    thousands, comma = with_comma.str.contains(_THOUSANDS), with_comma.str.contains(_COMMA)
    if not (thousands | comma).all() or not rest.str.contains(_PLAIN).all():
        return None
    if thousands.all() and comma.all() and not rest.str.contains(r"\.\d").any():
        raise DataError(
            f"{path}: {column.name!r} has numbers such as {with_comma[0]!r}, whose comma may part thousands or a "
            f"fraction; say which with sources.decimal ('.' or ',')"
        )
    if comma.all() and not rest.str.contains(".", literal=True).any():
        return ","
    return "." if thousands.all() else None


def _with_comma(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if frame[name].str.contains(",", literal=True).any()]


def _plain(column: pl.Series, decimal: Decimal | None) -> pl.Series:
    match decimal:
        case ",":
            numbers = column.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
            fits = column.str.contains(_COMMA) | column.str.contains(r"^[+-]?\d+$")
        case ".":
            numbers, fits = column.str.replace_all(",", "", literal=True), column.str.contains(_THOUSANDS)
        case None:
            return column
    return pl.select(pl.when(fits).then(numbers).otherwise(column).alias(column.name)).to_series()
