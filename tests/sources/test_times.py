"""Times are read in the format they have, or refused."""

from datetime import datetime

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.cells.times import parse_times

SAME = datetime(2024, 3, 14, 15, 9, 26)
SPELT = [
    "2024-03-14 15:09:26", "2024-03-14T15:09:26", "2024-03-14T15:09:26Z", "2024-03-14T16:09:26+01:00",
    "14.03.2024 15:09:26", "03/14/2024 15:09:26", "14/03/2024 15:09:26", "1710428966", "1710428966000",
    "1710428966000000",
]  # fmt: skip


@pytest.mark.parametrize("spelt", SPELT)
def test_one_moment_reads_the_same_however_it_is_spelt(spelt):
    assert parse_times(pl.Series("when", [spelt, spelt]))[0] == SAME


@pytest.mark.parametrize(
    ("spelt", "day"), [("2024-03", 1), ("20240314", 14), ("14-Mar-2024", 14), ("Mar 14, 2024", 14)]
)
def test_dates_and_months_read_as_their_first_moment(spelt, day):
    assert parse_times(pl.Series("when", [spelt]))[0] == datetime(2024, 3, day)


def test_whole_steps_are_a_second_apart():
    times = parse_times(pl.Series("when", [0, 1, 2]))

    assert times.diff().drop_nulls().dt.total_seconds().to_list() == [1, 1]


def test_a_day_above_twelve_settles_which_is_the_month():
    times = parse_times(pl.Series("when", ["01/02/2024", "13/02/2024"]))

    assert times[0] == datetime(2024, 2, 1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["197001", "197002"], (1970, 2, 1)),
        ([197001, 197002], (1970, 2, 1)),
        ([20180101, 20180102], (2018, 1, 2)),
        ([1999, 2000], (2000, 1, 1)),
        ([1999.0, None, 2000.0], (2000, 1, 1)),
    ],
)
def test_whole_numbers_that_are_dates_are_read_as_dates(written, read):
    assert parse_times(pl.Series("when", written))[-1] == datetime(*read)


@pytest.mark.parametrize("numbers", [[201713, 201801], [1, 1999], [1999.5, 2000.0], [20180101, 20180230]])
def test_numbers_of_which_one_is_no_date_stay_seconds(numbers):
    times = parse_times(pl.Series("when", numbers))

    assert times[0].year == 1970


def test_a_short_year_is_not_taken_for_the_year_thirteen():
    assert parse_times(pl.Series("when", ["13/02/20"]))[0] == datetime(2020, 2, 13)


@pytest.mark.parametrize(
    "spelt", ["03/14/2024 03:09:26 PM", "14/03/2024 03:09:26 PM", "2024-03-14 03:09:26 PM"]
)
def test_the_afternoon_is_understood(spelt):
    assert parse_times(pl.Series("when", [spelt]))[0] == SAME


def test_the_afternoon_of_an_unclear_day_is_asked():
    with pytest.raises(DataError, match="say which"):
        parse_times(pl.Series("when", ["03/04/2024 03:09 PM"]))
