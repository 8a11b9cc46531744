"""Names of files and folders after the time that they stand for."""

from datetime import UTC, datetime


def time_name(at: datetime) -> str:
    """Return a name such as `2026-11-27T0300Z`; seconds stand in it only where the time has some.

    Two times of one schedule never share a name, however close they follow each other, and the
    same time asked for again has the same one.
    """
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H%M}{f'{at:%S}' if at.second else ''}Z"
