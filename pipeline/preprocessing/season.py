"""How many steps a season has, from the distance of two rows."""

DAY = 86_400.0
SEASONS = ((DAY / 24 / 60, 1440), (DAY / 96, 96), (DAY / 48, 48), (DAY / 24, 24), (DAY, 7), (7 * DAY, 52))
MONTH = (27 * DAY, 32 * DAY)


def season_of(step_seconds: float | None) -> int | None:
    """Return the steps of the natural season: a day, a week or a year; None where there is none.

    Rows a minute, quarter, half or whole hour apart have a season of a day, days of a week, weeks and months of
    a year.
    """
    if step_seconds is None:
        return None
    if MONTH[0] <= step_seconds <= MONTH[1]:
        return 12
    return next((steps for seconds, steps in SEASONS if abs(step_seconds - seconds) < 1e-6 * seconds), None)
