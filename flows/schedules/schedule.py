"""When a project is retrained by itself, what happens when two times meet, and what of times that were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.foundation.errors import ConfigError
from pipeline.foundation.words import interval_text

OVERLAP = ("skip", "queue")
"""A time that comes while a run is under way: left out, or run when that one has ended."""

MISSED = ("none", "newest", "all")
"""Times that passed while nothing served the project: what of them is made up for at the start."""

FIELDS = 5
DAY = timedelta(days=1)
LONGEST = timedelta(days=3660)
DIGITS = 9


@dataclass(frozen=True)
class Schedule:
    """The times of a project."""

    cron: str | None = None
    """Minute, hour, day of month, month, day of week; None: `every`."""

    every: timedelta | None = None
    timezone: str = "UTC"
    overlap: str = "skip"
    """One of :data:`OVERLAP`."""

    missed: str = "newest"
    """One of :data:`MISSED`."""

    on_drift: timedelta | None = None
    """Whether drift starts a retrain as well, and how long it is until drift may start the next one."""

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.every is None):
            raise ConfigError("a schedule has either --cron or --every; give one of them")
        _require(self.overlap, OVERLAP, "--overlap")
        _require(self.missed, MISSED, "--missed")
        if self.missed == "all" and self.overlap == "skip":
            raise ConfigError(
                "--missed all runs what was missed in a row, and --overlap skip would leave out all but the first; add "
                "--overlap queue, or make up for the newest only"
            )
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigError(
                f"--timezone {self.timezone} is unknown; give a name such as Europe/Berlin or UTC"
            ) from None

    def of_prefect(self, before: Sequence[Any] = ()) -> Any:
        """Return it as Prefect has it.

        Args:
            before: What the deployment had so far. An interval goes on from there: counted anew from each start, one of
                a week would never be over on a machine that starts every night.

        Raises:
            ConfigError: The cron line is none.
        """
        from prefect.client.schemas.schedules import CronSchedule
        from prefect.schedules import Cron, Interval

        if self.every is not None:
            known = [each for each in before if getattr(each, "interval", None) == self.every]
            anchor = known[0].anchor_date if known else None
            return Interval(self.every, anchor_date=anchor, timezone=self.interval_zone)
        if len(str(self.cron).split()) != FIELDS:
            raise ConfigError(self._no_cron_line("no cron line"))
        try:
            CronSchedule(cron=str(self.cron), timezone=self.timezone)
        except ValueError:
            raise ConfigError(self._no_cron_line("no cron line")) from None
        if not _comes(str(self.cron)):
            raise ConfigError(self._no_cron_line("a time that never comes"))
        return Cron(str(self.cron), timezone=self.timezone)

    @property
    def interval_zone(self) -> str:
        """Zone in which the interval is counted: only whole days follow the clocks of a place.

        Prefect counts shorter ones by the clock on the wall, and would leave out the hour that comes twice in autumn.
        """
        return self.timezone if self.every is not None and self.every >= DAY else "UTC"

    def _no_cron_line(self, what: str) -> str:
        return f"--cron {self.cron!r} is {what}; give five fields, such as '0 3 * * 1-5' (three o'clock on weekdays)"

    def made_up(self, missed: Sequence[datetime]) -> list[datetime]:
        """Return which of the times that were missed are run now, the oldest first."""
        if self.missed == "none":
            return []
        return sorted(missed)[-1:] if self.missed == "newest" else sorted(missed)

    def __str__(self) -> str:
        """Say it for a person."""
        when = f"at {self.cron!r}" if self.every is None else f"every {interval_text(self.every)}"
        pause = "" if self.on_drift is None else interval_text(self.on_drift)
        drift = f", and when drift is told, at most once per {pause}" if pause else ""
        return f"{when}, {self.timezone}{drift}; overlap: {self.overlap}; missed: {self.missed}"


def _comes(cron: str) -> bool:
    """Return whether a cron line has a time at all: the 31st of February has none."""
    counting: Any = import_module(
        "prefect._vendor.croniter"
    )  # what Prefect's server counts with; it has no types
    try:
        counting.croniter(cron, datetime(2000, 1, 1, tzinfo=UTC)).get_next(datetime)
    except counting.CroniterBadDateError:
        return False
    return True


def _require(value: str, allowed: Sequence[str], option: str) -> None:
    if value not in allowed:
        raise ConfigError(f"{option} {value} is unknown; it is {' or '.join(allowed)}")


def interval_of(text: str, option: str = "--every") -> timedelta:
    """Return what ``90m``, ``6h``, ``1d`` or ``30s`` means; ``option`` is where it was given.

    Raises:
        ConfigError: It means nothing, or no time at all.
    """
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], text[-1:]
    if unit in units and number.isdecimal() and int(number[:DIGITS]) > 0:
        found = timedelta(**{units[unit]: int(number[:DIGITS])})
        if len(number) <= DIGITS and found <= LONGEST:
            return found
        raise ConfigError(
            f"{option} {text} is longer than {LONGEST.days} days; give a shorter time, such as 6h"
        )
    raise ConfigError(f"{option} {text} is no time; give a number and s, m, h or d, such as 6h")
