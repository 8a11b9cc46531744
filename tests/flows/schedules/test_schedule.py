"""The times of a schedule, as a person gives them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

from flows.schedules.asked import When, wishes_of
from flows.schedules.schedule import Schedule, interval_of
from flows.schedules.span import past_times
from flows.schedules.unit import unit_text
from flows.schedules.wishes import Wishes, prediction_of
from flows.server.times import times_between
from pipeline.foundation.errors import ConfigError

TIMES = [datetime(2026, 1, day, 3, tzinfo=UTC) for day in (2, 1, 3)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "either --cron or --every"),
        ({"cron": "0 3 * * *", "every": timedelta(hours=1)}, "either --cron or --every"),
        ({"cron": "0 3 * * *", "timezone": "Nowhere"}, "--timezone Nowhere is unknown"),
        ({"cron": "0 3 * * *", "overlap": "both"}, "--overlap both is unknown; it is skip or queue"),
        ({"cron": "0 3 * * *", "missed": "some"}, "--missed some is unknown"),
        ({"cron": "0 3 * * *", "missed": "all"}, "would leave out all but the first"),
    ],
)
def test_what_contradicts_itself_is_told(given, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Schedule(**given)


@pytest.mark.parametrize("line", ["0 3 * *", "61 3 * * *", "at three", "* * * * * *", "@daily"])
def test_a_line_that_is_no_cron_line_is_told(line):
    with pytest.raises(ConfigError, match="is no cron line"):
        Schedule(line).of_prefect()


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("90m", 5400), ("6h", 21600), ("1d", 86400)])
def test_an_interval_has_a_number_and_a_unit(text, seconds):
    assert interval_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1.5h", "6x", "6"])
def test_what_is_no_interval_is_told(text):
    with pytest.raises(ConfigError, match="is no time"):
        interval_of(text)


@pytest.mark.parametrize("text", ["99999999999d", "9" * 5000 + "s", "3661d"])
def test_an_interval_that_no_schedule_can_count_is_told(text):
    with pytest.raises(ConfigError, match="is longer than 3660 days"):
        interval_of(text)


@pytest.mark.parametrize("line", ["0 3 31 2 *", "0 3 31 4,6,9,11 *"])
def test_a_line_whose_time_never_comes_is_told(line):
    with pytest.raises(ConfigError, match="a time that never comes"):
        Schedule(line).of_prefect()


@pytest.mark.parametrize("line", ["0 3 29 2 *"])
def test_a_line_whose_time_comes_seldom_is_taken(line):
    assert Schedule(line).of_prefect().cron == line


@pytest.mark.parametrize("day", ["2026-10-25", "2026-03-29"])
def test_an_interval_of_less_than_a_day_leaves_no_hour_out_where_the_clocks_change(day):
    schedule = Schedule(every=timedelta(minutes=30), timezone="Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=2)

    asked = schedule.of_prefect()
    counted = IntervalSchedule(
        interval=asked.interval, anchor_date=asked.anchor_date, timezone=asked.timezone
    )
    times = times_between([counted], start, start + timedelta(hours=6))

    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=30)}
    assert len(times) >= 12


def test_days_keep_their_hour_where_the_clocks_change():
    assert (
        Schedule(every=timedelta(days=1), timezone="Europe/Berlin").of_prefect().timezone == "Europe/Berlin"
    )


@pytest.mark.parametrize("span", [("0001-01-01", "2026-01-02"), ("2026-01-01", "9999-12-31")])
def test_a_backfill_of_times_that_no_calendar_counts_is_told(span):
    schedule = CronSchedule(cron="0 3 * * *", timezone="Europe/Berlin")

    with pytest.raises(ConfigError, match="is out of reach; give a year from 1970 to 9998"):
        past_times([schedule], *span)


@pytest.mark.parametrize(
    ("missed", "overlap", "days"),
    [("none", "skip", []), ("newest", "skip", [3]), ("all", "queue", [1, 2, 3])],
)
def test_of_missed_times_none_the_newest_or_all_are_made_up_for(missed, overlap, days):
    schedule = Schedule("0 3 * * *", missed=missed, overlap=overlap)

    assert [time.day for time in schedule.made_up(TIMES)] == days


def test_a_unit_serves_the_project_with_the_same_words(tmp_path):
    folder = tmp_path / "50% off"
    folder.mkdir()

    nightly = Schedule("0 3 * * 1-5", timezone="Europe/Berlin")

    unit = unit_text(folder, Wishes(nightly, name="nightly", promote=False))

    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert (
        '--cron "0 3 * * 1-5" --timezone Europe/Berlin --overlap skip --missed newest --no-promote' in start
    )
    assert "50%% off" in start
    assert "Restart=always" in unit


@pytest.fixture
def project(tmp_path):
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("predict", "when", "beside", "words"),
    [
        (None, When("0 3 * * *"), None, ["--cron", '"0 3 * * *"']),
        ("new.csv", When(every="1h"), None, ["--predict", "--every 1h"]),
        ("new.csv", When(every="1h"), When("0 3 * * 1"), ["--retrain-cron", '"0 3 * * 1"', "--every 1h"]),
        ("new.csv", When("0 * * * *"), When(every="1d"), ["--retrain-every 1d", "--cron"]),
    ],
)
def test_a_unit_has_the_words_that_mean_the_same(project, predict, when, beside, words):
    asked = prediction_of(predict, project / "out" if predict else None)

    unit = unit_text(project, wishes_of(project, when, asked, retrain=beside))

    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert all(word in start for word in words)
    assert ("--retrain-" in start) == (beside is not None)


def test_options_that_belong_together_are_asked_for_together(project):
    with pytest.raises(ConfigError, match="needs --out FOLDER"):
        prediction_of("new.csv", None)
    with pytest.raises(ConfigError, match="say of what with --predict INPUT"):
        prediction_of(None, project / "out")
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        prediction_of("new.csv", project / "params.yaml")
    with pytest.raises(ConfigError, match="stand beside --predict"):
        wishes_of(project, When("0 3 * * *"), None, retrain=When(every="1d"))
    with pytest.raises(ConfigError, match="needs the times of the retraining"):
        asked = prediction_of("new.csv", project / "out")
        wishes_of(project, When("0 3 * * *", on_drift="6h"), asked, retrain=When(on_drift="6h"))
    with pytest.raises(ConfigError, match="says nothing of predictions"):
        wishes_of(project, When("0 3 * * *", on_drift="6h"), asked)
    with pytest.raises(ConfigError, match=r"has no params\.yaml"):
        wishes_of(project / "nowhere", When("0 3 * * *"), None)


def test_a_folder_whose_name_prefect_would_not_take_is_served_all_the_same(project):
    assert wishes_of(project, When("0 3 * * *"), None).deployment(project / "50% off") == "50- off"
    with pytest.raises(ConfigError, match="is no name for a deployment"):
        wishes_of(project, When("0 3 * * *"), None, name="50% off")
