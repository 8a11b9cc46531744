"""Times are read in the format they have, or refused."""

from datetime import datetime

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.cells.times import TimeReader, parse_times
from pipeline.sources.config import CsvConfig

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


def dates(written, impossible, copies=19):
    return pl.Series("when", [written] * copies + [impossible])


@pytest.mark.parametrize(
    ("written", "impossible"),
    [
        (20120229, 20120230),
        ("20120229", "20120230"),
        (20120229, 0),
        (202012, 202013),
        (2012, 20),
        ("2012", "20"),
        (2012.0, 2012.5),
    ],
)
def test_one_impossible_date_makes_no_seconds_of_the_others(written, impossible):
    with pytest.raises(DataError, match=rf"1 cells that do not fit .* such as '?{impossible}"):
        parse_times(dates(written, impossible))

    times, broken = TimeReader(lenient=True).read(dates(written, impossible))

    assert broken.to_list() == [False] * 19 + [True]
    assert times[0].year in (2012, 2020)


def test_an_impossible_date_is_told_with_its_line_or_set_aside(tmp_path):
    (tmp_path / "t.csv").write_text("when,a\n" + "20120229,1\n" * 9 + "20120230,1\n")

    with pytest.raises(DataError, match=r"such as '20120230' in t\.csv:11"):
        build_source(CsvConfig(path="t.csv", time="when"), tmp_path).read()

    table = build_source(CsvConfig(path="t.csv", time="when", bad_rows="quarantine"), tmp_path).read()
    assert table.rejected["origin"].to_list() == ["t.csv:11"]
    assert table.frame["time"].unique().to_list() == [datetime(2012, 2, 29)]


def test_whole_numbers_that_are_dates_by_chance_can_be_said_to_be_seconds():
    steps = pl.Series("when", range(1601, 2205))

    with pytest.raises(DataError, match="'%s' if they all are seconds"):
        parse_times(steps)

    assert parse_times(steps, "%s")[0] == datetime(1970, 1, 1, 0, 26, 41)


@pytest.mark.parametrize("other", [1710428966, 1710428966000, 1710428966000000, 1710428966000000000])
@pytest.mark.parametrize("most", [1710428966, 1710428966000, 1710428966000000, 1710428966000000000])
def test_a_time_in_another_unit_is_told_and_never_becomes_1970(most, other):
    column = pl.Series("when", [most, None, other, most])
    if most == other:
        assert parse_times(column).drop_nulls().dt.year().unique().to_list() == [2024]
        return

    with pytest.raises(DataError, match=rf"1 cells that do not count .* in one unit .* such as {other};"):
        parse_times(column)

    assert TimeReader(lenient=True).read(column)[1].to_list() == [False, False, True, False]


@pytest.mark.parametrize(("first", "later"), [(1710428966, 1710428966000), (1710428966000, 1710428966)])
def test_a_file_in_another_unit_than_the_first_is_told_or_set_aside(tmp_path, monkeypatch, first, later):
    monkeypatch.setattr("pipeline.sources.cells.tables.HEAD_ROWS", 2)
    for number, written in enumerate([first, first, later]):
        (tmp_path / f"{number}.csv").write_text(f"when,a\n{written},1\n{written},2\n")

    with pytest.raises(DataError, match=rf"in one unit .* such as '{later}' in 2\.csv:2"):
        build_source(CsvConfig(path="*.csv", time="when"), tmp_path).read()

    table = build_source(CsvConfig(path="*.csv", time="when", bad_rows="quarantine"), tmp_path).read()
    assert table.rejected["origin"].to_list() == ["2.csv:2", "2.csv:3"]
    assert table.frame["time"].unique().to_list() == [SAME]


def test_milliseconds_may_begin_in_1970():
    times = parse_times(pl.Series("when", [0, 86_400_000, 8_640_000_000, 86_400_000_000, 1_710_428_966_000]))

    assert [time.year for time in times] == [1970, 1970, 1970, 1972, 2024]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["01-Jun-68", "01-Jul-68"], "'01-Jun-68', would be in 2068; write the years with four digits"),
        (["01-Jun-68", "01-Jul-70"], "would be in 2068"),
        (["06/13/70", "06/13/24"], r"would span 1970 to 2024; .* sources\.time_format=%m/%d/%y"),
    ],
)
def test_years_of_two_digits_that_may_lie_in_another_century_are_asked(cells, sentence):
    with pytest.raises(DataError, match=sentence):
        parse_times(pl.Series("when", cells))


def test_years_of_two_digits_are_compared_with_all_rows_before():
    reader = TimeReader()
    reader.read(pl.Series("when", ["13-Jan-70"]))

    with pytest.raises(DataError, match="would span 1970 to 2024"):
        reader.read(pl.Series("when", ["13-Jan-24"]))


def test_years_of_two_digits_are_read_where_they_are_near_or_their_format_is_said():
    assert parse_times(pl.Series("when", ["13-Jan-99", "14-Mar-24"]))[1] == datetime(2024, 3, 14)
    assert parse_times(pl.Series("when", ["13-Jan-70", "14-Mar-24"]), "%d-%b-%y")[0].year == 1970
    with pytest.raises(DataError, match="would be in 2068"):
        parse_times(pl.Series("when", ["13-Jan-68"]), "%d-%b-%y")
