"""Which time a late run stands for, and which times a schedule has."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.states import Cancelled, Completed, Scheduled

from flows.server.late import Turn
from flows.server.times import times_between

THREE = datetime(2026, 11, 27, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(hours, state=None, *, begun=False):
    state = state or Scheduled(scheduled_time=THREE)
    return FlowRun(
        flow_id=uuid4(),
        expected_start_time=THREE + hours * HOUR,
        state=state,
        state_type=state.type,
        run_count=int(begun),
    )


def turn(taken, *others, passed=()):
    """Return the run of three o'clock, taken so many hours later."""
    return Turn(run(0), THREE, THREE + taken * HOUR, timedelta(minutes=1), others, passed)


@pytest.mark.parametrize("missed", ["none", "newest", "all"])
def test_a_run_that_is_taken_in_time_stands_for_its_own_time(missed):
    assert turn(0.01).stands_for(missed) == THREE


@pytest.mark.parametrize(("missed", "hours"), [("none", None), ("newest", 2), ("all", 0)])
def test_a_late_run_stands_for_none_for_the_newest_or_for_its_own(missed, hours):
    late = turn(2.5, run(1), run(2, Cancelled()))

    assert late.stands_for(missed) == (None if hours is None else THREE + hours * HOUR)
    assert [other.expected_start_time for other in late.left_over()] == [THREE + HOUR]


def test_a_time_that_has_just_come_is_not_missed_with_the_others():
    assert turn(2.01, run(1), run(2, Cancelled())).stands_for("none") == THREE + 2 * HOUR


@pytest.mark.parametrize("missed", ["none", "newest"])
def test_where_a_newer_run_has_begun_the_older_one_is_not_run(missed):
    assert turn(2.01, run(2, Completed(), begun=True)).stands_for(missed) is None


def test_an_older_run_that_waits_is_left_over_too():
    late = turn(2.5, run(-1))

    assert late.stands_for("newest") == THREE
    assert len(late.left_over()) == 1


def test_times_of_which_prefect_made_no_runs_count():
    assert turn(99, run(1), passed=[THREE + 98 * HOUR]).stands_for("newest") == THREE + 98 * HOUR


def test_the_times_of_a_cron_line_follow_the_clock_of_its_zone():
    schedule = CronSchedule(cron="0 3 * * *", timezone="Europe/Berlin")
    begin = datetime(2026, 3, 28, tzinfo=UTC)

    times = times_between([schedule], begin, begin + timedelta(days=3))

    assert [time.hour for time in times] == [2, 1, 1]  # summer time begins on the 29th
    assert {time.astimezone(ZoneInfo("Europe/Berlin")).hour for time in times} == {3}


def test_more_times_are_found_than_prefect_gives_at_once():
    schedule = IntervalSchedule(interval=timedelta(minutes=1), anchor_date=THREE, timezone="UTC")

    times = times_between([schedule], THREE, THREE + timedelta(days=2))

    assert len(times) == 2 * 24 * 60 + 1
    assert times[0] == THREE
    assert times[-1] == THREE + timedelta(days=2)


def test_times_of_several_schedules_are_one_row_without_doubles():
    daily = CronSchedule(cron="0 3 * * *", timezone="UTC")
    hourly = CronSchedule(cron="0 * * * *", timezone="UTC")

    assert times_between([daily, hourly], THREE, THREE + HOUR) == [THREE, THREE + HOUR]
    assert times_between([daily], THREE + HOUR, THREE + 2 * HOUR) == []
