"""What the first rows of a table show is checked in all others; a table of any size is read in one pass."""

from datetime import datetime

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.cells import blocks, tables
from pipeline.sources.config import CsvConfig


@pytest.fixture
def short_head(monkeypatch):
    """The first three rows or so decide, and a block holds two."""
    monkeypatch.setattr(tables, "HEAD_ROWS", 3)
    monkeypatch.setattr(tables, "BATCH_ROWS", 2)
    monkeypatch.setattr(blocks, "BLOCK", 24)


def read(tmp_path, text, **settings):
    (tmp_path / "t.csv").write_text(text)
    return build_source(CsvConfig(path="t.csv", **settings), tmp_path).read()


NUMBERS, TIMES = "a", "t"
CONTRADICTIONS = {
    "text for a number": (NUMBERS, "1;2", "x;2", r"'x' in t\.csv:22"),
    "a number in a column that was empty": (NUMBERS, "1;", "1;2", "'b' is empty in the first rows and holds '2' later"),
    "another decimal mark": (NUMBERS, "1,5;2", "1.25;2", "'a' has numbers with a decimal comma and others"),
    "a decimal comma after points": (NUMBERS, "1.5;2", "1,25;2", "'a' has numbers with a decimal comma and others"),
    "another format of dates": (TIMES, "2024-01-01;2", "02.01.2024;2", r"do not fit %Y-%m-%d, such as '02\.01\.2024'"),
    "a day that could be a month": (TIMES, "01/01/2024;2", "02/01/2024;2", "fits both"),
    "a year of two digits": (TIMES, "31.01.2024;2", "31.01.24;2", "do not fit"),
    "seconds that become milliseconds": (TIMES, "1700000000;2", "1700000000000;2", "in one unit"),
    "a number among dates of digits": (TIMES, "20240101;2", "20240231;2", "do not fit %Y%m%d"),
    "another number of cells": (NUMBERS, "1;2", "1", "line 22 has 1 cells"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_later_rows_cannot_contradict_the_first_silently(tmp_path, short_head, case):
    name, first, later, sentence = CONTRADICTIONS[case]
    text = f"{name};b\n" + f"{first}\n" * 20 + f"{later}\n"

    with pytest.raises(DataError, match=sentence):
        read(tmp_path, text, time="t" if name == TIMES else None)


def test_a_day_that_settles_the_month_may_come_later_when_nothing_was_unclear(tmp_path, short_head):
    table = read(tmp_path, "t;b\n" + "01/01/2024;2\n" * 20 + "02/02/2024;2\n13/02/2024;2\n", time="t")

    assert table.frame["time"][-1] == datetime(2024, 2, 13)


def test_empty_cells_at_the_beginning_of_a_time_column_teach_nothing(tmp_path, short_head):
    table = read(tmp_path, "t;b\n" + ";2\n" * 20 + "2024-03-14;3\n", time="t")

    assert table.frame.row(0)[2] == datetime(2024, 3, 14)


def test_thousands_and_decimals_are_known_once_a_cell_has_shown_them(tmp_path, short_head):
    table = read(tmp_path, "n;heat\n" + "1;1.234,5\n2;0,5\n" * 10 + "3;2.000\n4;17\n")

    assert table.frame["heat"].tail(2).to_list() == [2000.0, 17.0]
    assert table.frame["heat"].head(2).to_list() == [1234.5, 0.5]


def test_a_decimal_mark_that_is_said_holds_for_columns_that_show_only_thousands(tmp_path):
    table = read(tmp_path, "a;c\n1.234;1,5\n2.345;3.000,25\n", decimal=",")

    assert table.frame.select("a", "c").rows() == [(1234, 1.5), (2345, 3000.25)]


def test_a_target_with_commas_is_a_number_only_if_the_mark_is_said(tmp_path):
    text = "a;y\n1;2,18\n2;7\n"

    assert read(tmp_path, text, target="y").frame["target"].to_list() == ["2,18", "7"]
    assert read(tmp_path, text, target="y", decimal=",").frame["target"].to_list() == ["2.18", "7"]


@pytest.mark.parametrize("block", [16, 100, 8 << 20])
def test_the_table_does_not_depend_on_the_blocks(tmp_path, monkeypatch, block):
    text = "when,who,a\n" + "".join(f'2024-01-{day:02d},"x\n{day % 3}",{day}.5\n\n' for day in range(1, 29))
    monkeypatch.setattr(blocks, "BLOCK", block)

    table = read(tmp_path, text, time="when", group="who")

    assert table.frame["a"].sum() == sum(day + 0.5 for day in range(1, 29))
    assert sorted(table.frame["origin"], key=lambda place: int(place[6:]))[:3] == [
        "t.csv:2",
        "t.csv:5",
        "t.csv:8",
    ]


def test_thousands_of_files_are_few_batches_and_every_header_is_checked(tmp_path):
    for number in range(300):
        (tmp_path / f"{number:04d}.csv").write_text(f"a,b\n{number},1\n{number},2\n")
    source = build_source(CsvConfig(path="*.csv"), tmp_path)

    batches = list(source.batches())

    assert [batch.height for batch in batches] == [600]
    assert batches[0]["origin"][-1] == "0299.csv:3"

    (tmp_path / "0250.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DataError, match=r"0250\.csv has other columns than 0000\.csv: \['b', 'c'\]"):
        source.read()


def test_files_of_one_name_in_several_folders_are_told_apart(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / "d" / folder).mkdir(parents=True)
        (tmp_path / "d" / folder / "p.csv").write_text("a\n1\n")

    frame = build_source(CsvConfig(path="d"), tmp_path).read().frame

    assert frame["origin"].to_list() == ["x/p.csv:2", "y/p.csv:2"]


def test_a_look_at_the_first_rows_reads_no_more_than_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    (tmp_path / "t.csv").write_text("a,when\n" + "1, 2024\n" * 2000 + "broken\n")
    source = build_source(CsvConfig(path="t.csv"), tmp_path)

    raw = source.raw(50)

    assert raw.columns == ["a", "when", "origin"]
    assert raw.height == 50
    assert raw["when"][0] == "2024"
    with pytest.raises(DataError, match="line 2002"):
        source.raw()


def test_a_column_of_the_users_called_origin_can_be_the_target(tmp_path):
    frame = read(tmp_path, "a,origin\n1,Japan\n2,Europe\n", target="origin").frame

    assert frame["target"].to_list() == ["Japan", "Europe"]
    assert frame["origin"].to_list() == ["t.csv:2", "t.csv:3"]


def test_not_a_number_is_not_measured(tmp_path):
    pl.DataFrame({"a": [1.0, float("nan")]}).write_csv(tmp_path / "t.csv")

    table = build_source(CsvConfig(path="t.csv", nulls=("",)), tmp_path).read()

    assert table.frame["a"].to_list() == [1, None]
