"""Times that are numbers since 1970: in which unit they count, and which of them count in another."""

import polars as pl

SECOND, MILLISECOND, MICROSECOND, NANOSECOND = 1e6, 1e3, 1.0, 1e-3
"""Microseconds in a unit."""

NAMES = {
    SECOND: "seconds",
    MILLISECOND: "milliseconds",
    MICROSECOND: "microseconds",
    NANOSECOND: "nanoseconds",
}
SMALLEST = {MILLISECOND: 1e11, MICROSECOND: 1e14, NANOSECOND: 1e17}
"""Numbers from which on a unit is meant: as larger units they would lie thousands of years ahead."""

TELLING = 1e8
"""Numbers up to here tell no unit: they may count steps, or days around 1970."""

LATEST = 7.26e15
"""Microseconds up to the year 2200: a number that in its own unit lies beyond is rather of a smaller one, in 1970."""


def unit_of(numbers: pl.Series) -> float:
    """Return the microseconds in the unit in which most of ``numbers`` count."""
    size = numbers.cast(pl.Float64).abs()
    own = _own_units(size)
    votes = own.filter((size > TELLING) & (size * own <= LATEST)).value_counts()
    if votes.is_empty():
        largest = size.max()
        return float(_own_units(pl.Series([largest], dtype=pl.Float64))[0])
    order = votes.sort(pl.col("count"), -pl.col(own.name), descending=True)
    return float(order[own.name][0])


def in_another_unit(numbers: pl.Series, unit: float) -> pl.Series:
    """Return which of ``numbers`` cannot count in ``unit``, as booleans; null where there is no number."""
    size = numbers.cast(pl.Float64).abs()
    own = _own_units(size)
    return (own < unit) | ((own > unit) & (size > TELLING) & (size * own <= LATEST))


def _own_units(size: pl.Series) -> pl.Series:
    """Return for each number the unit that its size suggests: the larger it is, the smaller the unit."""
    units = pl.Series("unit", [SECOND], pl.Float64).new_from_index(0, len(size))
    for unit, smallest in SMALLEST.items():
        units = units.set(size >= smallest, unit)
    return units
