"""The past times that a backfill is asked for."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

from flows.retrain import retrain
from flows.schedules.schedule import Schedule
from flows.server.times import times_between
from pipeline.foundation.errors import ConfigError

PAGE = 200
EARLIEST, LATEST = 1970, 9999


def schedules_of(project: Path, schedule: Schedule | None, begin: str, *, name: str | None) -> list[Any]:
    """Return the schedule that was given, or those of the deployment of a project.

    Args:
        project: Folder of the project, absolute.
        schedule: What the user gave; None: ask the server.
        begin: From when an interval is counted that the user gave.
        name: Of the deployment, where there are several.

    Raises:
        ConfigError: The server knows no deployment of the project, or several, and none was named.
    """
    if schedule is not None:
        return [_given(schedule, begin)]
    with get_client(sync_client=True) as client:
        known = [
            found
            for found in client.read_deployments(limit=PAGE)
            if found.entrypoint == f"{retrain.fn.__module__}.{retrain.fn.__name__}"
            and found.parameters.get("project") == str(project)
            and found.schedules
            and name in (None, found.name)
        ]
    if len(known) != 1:
        names = ", ".join(sorted(found.name for found in known))
        raise ConfigError(
            f"several deployments retrain {project}: {names}; choose with --name"
            if known
            else f"no deployment retrains {project}{f' under the name {name}' if name else ''}; give its times "
            f"with --cron or --every, or begin with `convoy serve` or `convoy deploy`"
        )
    return [schedule.schedule for schedule in known[0].schedules]


def past_times(
    schedules: Iterable[Any], begin: str, end: str, *, timezone: str | None = None
) -> list[datetime]:
    """Return the times from ``begin`` to ``end`` that have passed, the oldest first.

    A day is the whole day in ``timezone``, or else in the zone of the schedule.

    Raises:
        ConfigError: One is no time, they stand the wrong way round, or no time of the schedule lies between them.
    """
    schedules = list(schedules)
    zone = ZoneInfo(timezone or str(schedules[0].timezone or "UTC"))
    first, last = _moment(begin, zone, "--from"), _moment(end, zone, "--to", at_end=True)
    if first > last:
        raise ConfigError(f"--from {begin} is after --to {end}; exchange them")
    now = datetime.now(UTC)
    if first > now:
        raise ConfigError(f"--from {begin} has not come yet; a backfill runs times that have passed")
    times = times_between(schedules, first, min(last, now))
    if not times:
        raise ConfigError(f"no time of the schedule lies between {begin} and {end} and has passed")
    return times


def _given(schedule: Schedule, begin: str) -> Any:
    """Return a schedule that was given by hand; an interval is counted from the first moment, not from now."""
    zone = schedule.timezone
    if schedule.every is None:
        return CronSchedule(cron=str(schedule.cron), timezone=zone)
    first: Any = _moment(begin, ZoneInfo(zone), "--from")
    return IntervalSchedule(interval=schedule.every, anchor_date=first, timezone=schedule.interval_zone)


def _moment(text: str, zone: ZoneInfo, option: str, *, at_end: bool = False) -> datetime:
    try:
        moment = _read_moment(text, zone, option, at_end=at_end)
    except OverflowError:  # the zone lies before the first year, or after the last
        moment = None
    if moment is None or not EARLIEST <= moment.year < LATEST:
        raise ConfigError(f"{option} {text} is out of reach; give a year from {EARLIEST} to {LATEST - 1}")
    return moment


def _read_moment(text: str, zone: ZoneInfo, option: str, *, at_end: bool) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ConfigError(
                f"{option} {text} is no time; give a day or a time such as 2026-11-27 or 2026-11-27T03:00"
            ) from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    following = timedelta(days=1) if at_end else timedelta(0)
    moment = datetime.combine(day + following, time(), tzinfo=zone).astimezone(UTC)
    return moment - timedelta(microseconds=1) if at_end else moment
