"""How many steps a season has, from the distance of two rows."""

import polars as pl

DAY = 86_400.0
SEASONS = ((DAY / 24 / 60, 1440), (DAY / 96, 96), (DAY / 48, 48), (DAY / 24, 24), (DAY, 7), (7 * DAY, 52))
MONTH = (27 * DAY, 32 * DAY)
WEEKENDS = 0.1
"""Share of distances of three days from which on weekends are left out; it is a fifth in a year of trading."""

HOUR_MICROSECONDS = 3_600_000_000


def season_of(step_seconds: float | None, *, weekends: bool = True) -> int | None:
    """Return the steps of the natural season: a day, a week or a year; None where there is none.

    Rows a minute, quarter, half or whole hour apart have a season of a day, days of a week, weeks and months of
    a year.

    Args:
        step_seconds: Usual distance of two rows.
        weekends: False: days of work only, five of which are a week.
    """
    if step_seconds is None:
        return None
    if step_seconds == DAY and not weekends:
        return 5
    if MONTH[0] <= step_seconds <= MONTH[1]:
        return 12
    return next((steps for seconds, steps in SEASONS if abs(step_seconds - seconds) < 1e-6 * seconds), None)


def without_weekends(distances: pl.DataFrame, step_seconds: float | None) -> bool:
    """Return whether daily rows leave out weekends: many follow three days after the one before, hardly any two.

    Args:
        distances: ``distance`` of two rows of a group in microseconds, and its ``count``.
        step_seconds: Usual distance of two rows.
    """
    if step_seconds != DAY or distances.is_empty():
        return False
    hours = pl.col("distance") // HOUR_MICROSECONDS
    three, two = (int(distances.filter(hours == 24 * days)["count"].sum()) for days in (3, 2))
    return three > 0 and three >= WEEKENDS * int(distances["count"].sum()) and two < three / 2
