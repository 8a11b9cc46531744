"""The times of a schedule, as Prefect counts them: time zones, summer time and all."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

BLOCK = 500
"""Times asked for at once; Prefect looks at no more than 1,000 candidates."""


def times_between(schedules: Iterable[Any], start: datetime, end: datetime) -> list[datetime]:
    """Return the times of ``schedules`` from ``start`` to ``end``, both included, the oldest first.

    Args:
        schedules: As a deployment has them: of a cron line, an interval or an RRULE.
        start: With its zone.
        end: With its zone.
    """
    found = {time for schedule in schedules for time in _times(schedule, start, end)}
    return sorted(found)


def _times(schedule: Any, start: datetime, end: datetime) -> Iterator[datetime]:
    known = _counting(schedule)
    while block := list(known._get_dates_generator(n=BLOCK, start=start, end=end)):
        yield from (datetime.fromtimestamp(time.timestamp(), UTC) for time in block)
        start = max(block) + timedelta(microseconds=1)
        if start > end:
            return


def _counting(schedule: Any) -> Any:
    """Return the class of Prefect's server that counts; the client's only holds what was said."""
    from prefect.server.schemas import schedules as counting

    said = {name: value for name, value in schedule.model_dump().items() if value is not None}
    if "cron" in said:
        return counting.CronSchedule(**said)
    return counting.RRuleSchedule(**said) if "rrule" in said else counting.IntervalSchedule(**said)
