"""Read a column of times without guessing wrong."""

import polars as pl

from pipeline.foundation.errors import DataError

FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M",
    "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d", "%Y.%m.%d %H:%M:%S", "%Y%m%d", "%Y%m", "%Y-%m", "%Y",
    "%d.%m.%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y",
    "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
    "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%Y %H:%M:%S", "%m-%d-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M",
    "%d-%b-%Y", "%d-%b-%Y %H:%M:%S", "%d-%b-%y", "%m/%d/%y", "%d/%m/%y",
    "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%Y-%m-%d %I:%M:%S %p",
)  # fmt: skip
CALENDAR = ("%Y%m%d", "%Y%m", "%Y")
"""Formats of digits only; years from 1600 to 2199, so that counters and seconds are rarely taken for them."""

ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
EPOCH_MILLISECONDS = 1e11
EPOCH_MICROSECONDS = 1e14
EPOCH_NANOSECONDS = 1e17
SAMPLE = 1000


def parse_times(column: pl.Series, time_format: str | None = None) -> pl.Series:
    """Return ``column`` as naive times in microseconds; times with a zone become UTC.

    Whole numbers that all are dates, months or years (20240314, 202403, 2024) are read as those. Other numbers are
    seconds (milli-, micro-, nanoseconds where they are that large) since 1970; small whole numbers are thereby
    steps of a second each.

    Raises:
        DataError: A cell is no time, no known format fits, or day and month cannot be told apart.
    """
    if column.dtype.is_temporal():
        return _naive(column)
    if column.dtype.is_numeric():
        form = _calendar_format(column)
        if form is not None:
            return _parsed(_digits(column), form)
        return _from_numbers(column.cast(pl.Float64))
    text = column.cast(pl.String).str.strip_chars()
    if time_format is not None:
        return _parsed(text, time_format)
    found = find_format(text)
    if found is None:
        numbers = text.cast(pl.Float64, strict=False)
        if numbers.null_count() == text.null_count():
            return _from_numbers(numbers)
        raise DataError(
            f"the time column {column.name!r} has values such as {text.drop_nulls().head(3).to_list()} in no format "
            f"known here; set sources.time_format, such as '%d.%m.%Y %H:%M'"
        )
    return _parsed(text, found)


def find_format(text: pl.Series) -> str | None:
    """Return the one format that fits ``text``, or None.

    Raises:
        DataError: Day and month could be either way round, and the dates would differ.
    """
    known = text.drop_nulls()
    sample = known.head(SAMPLE)
    fitting = [form for form in (*ZONED, *FORMATS) if _fits(sample, form)]
    if len(fitting) > 1:
        fitting = [form for form in fitting if _fits(known, form)] or fitting[:1]
    if len(fitting) > 1 and not _parsed(known, fitting[0]).equals(_parsed(known, fitting[1])):
        raise DataError(
            f"the time column {text.name!r} fits both {fitting[0]} and {fitting[1]} "
            f"(such as {sample[0]!r}); say which with sources.time_format"
        )
    return fitting[0] if fitting else None


def _calendar_format(column: pl.Series) -> str | None:
    """Return the format of whole numbers that all are dates, months or years, or None."""
    text = _digits(column)
    if text.null_count() != column.null_count():
        return None
    known = text.drop_nulls()
    return next((form for form in CALENDAR if _fits(known, form)), None)


def _digits(column: pl.Series) -> pl.Series:
    """Return whole numbers as text; null where there is a fraction."""
    whole = column.cast(pl.Int64, strict=False)
    return pl.select(pl.when(whole == column).then(whole.cast(pl.String)).alias(column.name)).to_series()


def _fits(text: pl.Series, form: str) -> bool:
    if text.is_empty():
        return False
    if not text.str.contains(_year_pattern(form)).all():
        return False
    return _attempt(text, form).null_count() == 0


def _year_pattern(form: str) -> str:
    """Return what the text must hold besides: a parser takes any number of digits, such as 13, for `%Y`."""
    if form in CALENDAR:
        return rf"^(1[6-9]|20|21)\d{{{len(form)}}}$"
    if form.startswith("%Y"):
        return r"^\d{4}\D"
    return r"\D\d{4}(\D|$)" if "%Y" in form else ""


def _attempt(text: pl.Series, form: str) -> pl.Series:
    if form == "%Y":
        return (text + "-01-01").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
    if form == "%Y%m":
        return (text + "01").str.to_datetime("%Y%m%d", strict=False, time_unit="us")
    if form == "%Y-%m":
        return (text + "-01").str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
    times = text.str.to_datetime(form, strict=False, time_unit="us", exact=True)
    return _naive(times)


def _parsed(text: pl.Series, form: str) -> pl.Series:
    try:
        times = _attempt(text, form)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"sources.time_format={form} is no format: {error}") from None
    broken = times.is_null() & text.is_not_null()
    if broken.any():
        raise DataError(
            f"the time column {text.name!r} has {broken.sum()} cells that do not fit {form}, such as "
            f"{text.filter(broken)[0]!r}; mend them, or set sources.time_format"
        )
    return times


def _naive(times: pl.Series) -> pl.Series:
    if times.dtype == pl.Time or times.dtype == pl.Duration:
        raise DataError(f"the time column {times.name!r} holds {times.dtype}, which has no date")
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return times.cast(pl.Datetime("us"))


def _from_numbers(numbers: pl.Series) -> pl.Series:
    largest = numbers.abs().max()
    size = float(largest) if isinstance(largest, (int, float)) else 0.0
    if size >= EPOCH_NANOSECONDS:
        factor = 1e-3
    elif size >= EPOCH_MICROSECONDS:
        factor = 1.0
    elif size >= EPOCH_MILLISECONDS:
        factor = 1e3
    else:
        factor = 1e6
    return (numbers * factor).round(0).cast(pl.Int64).cast(pl.Datetime("us"))
