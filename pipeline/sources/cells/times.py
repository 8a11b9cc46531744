"""Read a column of times without guessing wrong."""

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.epochs import NAMES, in_another_unit, unit_of

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
SAMPLE = 1000
ENOUGH = 0.5
"""Share of the first cells that has to fit, where the others may be set aside."""

CALENDAR_SHARE = {"%Y%m%d": 0.5, "%Y%m": 0.5, "%Y": 0.9}
"""Share of whole numbers above which they are dates, and the rest are mistakes: a counter may pass by many years."""

FEWEST = 3
"""Dates of digits that make a column one of dates although others of its cells are none."""

EARLIEST = 1000
"""A year has four digits: a parser takes 20 for `%Y` and means antiquity."""

SHORT_YEARS = ("%y", "%D", "%x")
LONGEST_SPAN = 50
LATEST = 2040
"""Years of two digits are read as 1970 to 2069: one that lies far ahead, or far from the others, was rather 19xx."""


class TimeReader:
    """Reads a column of times piece by piece; what is learnt from the first rows holds for all.

    Whole numbers that all are dates, months or years (20240314, 202403, 2024) are read as those. Other numbers are
    seconds (milli-, micro-, nanoseconds where they are that large) since 1970; small whole numbers are thereby
    steps of a second each. Times with a zone become UTC.
    """

    def __init__(self, time_format: str | None = None, *, lenient: bool = False) -> None:
        """Set what is known before a row is read.

        Args:
            time_format: strftime's letters; None: found from the first rows.
            lenient: Whether a few of the first rows may fit no format; most of them then decide.
        """
        self.lenient = lenient
        self._forms = [time_format] if time_format else []
        self._said = time_format is not None
        self._factor: float | None = None
        """Microseconds per unit, where times are numbers."""

        self._years: tuple[int, int] | None = None
        """First and last year so far, where years have two digits."""

    def learn(self, column: pl.Series) -> None:
        """Find out from the first rows how times are written; a column without values teaches nothing.

        Raises:
            DataError: No known format fits, or day and month cannot be told apart.
        """
        if self._forms or self._factor or column.dtype.is_temporal() or column.null_count() == len(column):
            return
        text = _text(column)
        self._forms = (
            _calendar_formats(column) if column.dtype.is_numeric() else find_formats(text, self.lenient)
        )
        self._forms = self._forms or _mostly_calendar(text, len(column) - column.null_count())
        if self._forms:
            return
        numbers = (
            column.cast(pl.Float64) if column.dtype.is_numeric() else text.cast(pl.Float64, strict=False)
        )
        fitting = len(numbers) - numbers.null_count()
        if fitting < (len(column) - column.null_count()) * (ENOUGH if self.lenient else 1):
            raise DataError(
                f"the time column {column.name!r} has values such as {text.drop_nulls().head(3).to_list()} in no "
                f"format known here; set sources.time_format, such as '%d.%m.%Y %H:%M'"
            )
        self._factor = unit_of(numbers)

    def read(self, column: pl.Series, origin: pl.Series | None = None) -> tuple[pl.Series, pl.Series]:
        """Return the times as naive microseconds, and which cells are none (never, unless lenient).

        Args:
            column: The cells.
            origin: Where each comes from, for messages.

        Raises:
            DataError: Not lenient, and a cell is no time; or later rows contradict the first ones.
        """
        self.learn(column)
        if column.dtype.is_temporal():
            times = _naive(column)
        elif self._factor is not None:
            times = self._from_numbers(column)
        elif self._forms:
            times = self._from_text(_text(column))
        else:
            times = pl.Series(column.name, [None] * len(column), pl.Datetime("us"))
        broken = times.is_null() & column.is_not_null()
        if broken.any() and not self.lenient:
            raise DataError(self._complaint(column, broken, origin))
        self._require_plausible_years(times, column)
        return times, broken

    def _complaint(self, column: pl.Series, broken: pl.Series, origin: pl.Series | None) -> str:
        wanted = f"do not fit {self._forms[0]}" if self._forms else "are no numbers"
        advice = "mend them, set sources.time_format"
        if self._factor is not None:
            apart = in_another_unit(_numbers(column), self._factor).fill_null(False)
            if apart.any():
                broken, advice = apart, "bring them to one unit"
                wanted = f"do not count from 1970 in one unit ({NAMES[self._factor]}) with the others"
        elif self._forms[0] in CALENDAR and not self._said:
            advice += " ('%s' if they all are seconds)"
        place = f" in {origin.filter(broken)[0]}" if origin is not None else ""
        return (
            f"the time column {column.name!r} has {broken.sum()} cells that {wanted}, such as "
            f"{column.filter(broken)[0]!r}{place}; {advice}, or set them aside with sources.bad_rows=quarantine"
        )

    def _require_plausible_years(self, times: pl.Series, column: pl.Series) -> None:
        """Check years of two digits, of which a parser makes 2068 where 1968 was meant."""
        if not self._forms or not any(mark in self._forms[0] for mark in SHORT_YEARS):
            return
        years = times.dt.year().drop_nulls().to_list()
        if not years:
            return
        first, last = min(years + list(self._years or ())), max(years + list(self._years or ()))
        self._years = first, last
        if last > LATEST:
            example = column.filter((times.dt.year() == last).fill_null(False))
            raise DataError(
                f"the time column {column.name!r} has years of two digits, and one of its cells, {example[0]!r}, would "
                f"be in {last}; write the years with four digits"
            )
        if last - first > LONGEST_SPAN and not self._said:
            raise DataError(
                f"the time column {column.name!r} has years of two digits that would span {first} to {last}; write "
                f"them with four digits, or set sources.time_format={self._forms[0]} if that is what they mean"
            )

    def _from_text(self, text: pl.Series) -> pl.Series:
        if len(self._forms) > 1:  # the rows so far read the same in all of them
            self._forms = [form for form in self._forms if _fits(text.drop_nulls(), form)] or self._forms[:1]
            _require_one_reading(text, self._forms)
        return _parsed(text, self._forms[0], said=self._said)

    def _from_numbers(self, column: pl.Series) -> pl.Series:
        """Return the times, null where a cell is no number or counts in another unit than most."""
        numbers, factor = _numbers(column), self._factor or 0.0
        one_unit = pl.select(pl.when(~in_another_unit(numbers, factor)).then(numbers)).to_series()
        times = (one_unit * factor).round(0).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
        return times.alias(column.name)


def parse_times(column: pl.Series, time_format: str | None = None) -> pl.Series:
    """Return a whole column as naive times in microseconds, as :class:`TimeReader` reads them.

    Raises:
        DataError: A cell is no time, no known format fits, or day and month cannot be told apart.
    """
    return TimeReader(time_format).read(column)[0]


def find_format(text: pl.Series) -> str | None:
    """Return the one format that fits all of ``text``, or None.

    Raises:
        DataError: Day and month could be either way round, and the dates would differ.
    """
    return next(iter(find_formats(text)), None)


def find_formats(text: pl.Series, lenient: bool = False) -> list[str]:
    """Return the formats that fit ``text`` and read it the same.

    Args:
        text: Stripped cells.
        lenient: Whether the format that fits most cells will do.

    Raises:
        DataError: Day and month could be either way round, and the dates would differ.
    """
    known = text.drop_nulls()
    sample = known.head(SAMPLE)
    forms = (*ZONED, *FORMATS)
    fitting = [form for form in forms if _fits(sample, form)]
    if not fitting and lenient and len(sample):
        shares = {form: _share(sample, form) for form in forms}
        best = max(shares.values())
        fitting = [form for form in forms if shares[form] == best] if best > ENOUGH else []
    if len(fitting) > 1:
        fitting = [form for form in fitting if _fits(known, form)] or fitting[:1]
    _require_one_reading(known, fitting)
    return fitting


def _require_one_reading(text: pl.Series, forms: list[str]) -> None:
    readings = [_attempt(text, form) for form in forms]
    for form, reading in zip(forms, readings, strict=True):
        if not reading.equals(readings[0]):
            at = int((reading != readings[0]).arg_max() or 0)
            raise DataError(
                f"the time column {text.name!r} fits both {forms[0]} and {form} (such as {text[at]!r}); say which "
                f"with sources.time_format"
            )


def _text(column: pl.Series) -> pl.Series:
    if column.dtype.is_numeric():
        return _digits(column)
    return column.cast(pl.String).str.strip_chars()


def _calendar_formats(column: pl.Series) -> list[str]:
    """Return the format of whole numbers that all are dates, months or years."""
    text = _digits(column)
    if text.null_count() != column.null_count():
        return []
    known = text.drop_nulls()
    return [form for form in CALENDAR if _fits(known, form)][:1]


def _mostly_calendar(text: pl.Series, known: int) -> list[str]:
    """Return the format of whole numbers that mostly are dates: one impossible date makes no seconds of the others.

    Args:
        text: Stripped cells; null where there is none, or no whole number.
        known: Cells that are not empty.
    """
    for form, enough in CALENDAR_SHARE.items():
        fitting = _share(text, form) * len(text)
        if fitting >= FEWEST and fitting > enough * known:
            return [form]
    return []


def _numbers(column: pl.Series) -> pl.Series:
    cells = column if column.dtype.is_numeric() else _text(column)
    return cells.cast(pl.Float64, strict=False)


def _digits(column: pl.Series) -> pl.Series:
    """Return whole numbers as text; null where there is a fraction."""
    whole = column.cast(pl.Int64, strict=False)
    return pl.select(pl.when(whole == column).then(whole.cast(pl.String)).alias(column.name)).to_series()


def _fits(text: pl.Series, form: str) -> bool:
    return not text.is_empty() and _share(text, form) == 1.0


def _share(text: pl.Series, form: str) -> float:
    """Return the share of the cells that ``form`` reads."""
    spelt = text.str.contains(_year_pattern(form))
    if not spelt.any():
        return 0.0
    return float((spelt & _attempt(text, form).is_not_null()).sum()) / len(text)


def _year_pattern(form: str) -> str:
    """Return what the text must hold besides: a parser takes any number of digits, such as 13, for `%Y`."""
    if form in CALENDAR:
        return rf"^(1[6-9]|20|21)\d{{{len(form)}}}$"
    if form.startswith("%Y"):
        return r"^\d{4}\D"
    return r"\D\d{4}(\D|$)" if "%Y" in form else ""


def _attempt(text: pl.Series, form: str) -> pl.Series:
    if form == "%Y":
        return _to_datetime(text + "-01-01", "%Y-%m-%d")
    if form == "%Y%m":
        return _to_datetime(text + "01", "%Y%m%d")
    if form == "%Y-%m":
        return _to_datetime(text + "-01", "%Y-%m-%d")
    if "%.f" in form:  # six times slower than without, and few times have a fraction
        times = _to_datetime(text, form.replace("%.f", ""))
        if times.null_count() == text.null_count():
            return times
    return _to_datetime(text, form)


def _to_datetime(text: pl.Series, form: str) -> pl.Series:
    # Polars would keep what it has parsed, which pays only where times repeat: seven times slower where they do not.
    return _naive(text.str.to_datetime(form, strict=False, time_unit="us", exact=True, cache=False))


def _parsed(text: pl.Series, form: str, *, said: bool) -> pl.Series:
    """Return the times, null where a cell does not fit."""
    try:
        times = _attempt(text, form)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"sources.time_format={form} is no format: {error}") from None
    if form in CALENDAR and not said:
        fits = text.str.contains(_year_pattern(form))
    elif "%Y" in form:
        fits = times.dt.year() >= EARLIEST
    else:
        return times
    return pl.select(pl.when(fits).then(times).alias(text.name)).to_series()


def _naive(times: pl.Series) -> pl.Series:
    if times.dtype == pl.Time or times.dtype == pl.Duration:
        raise DataError(f"the time column {times.name!r} holds {times.dtype}, which has no date")
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return times.cast(pl.Datetime("us"))
