"""Rows that cannot be read stop the run, or are set aside with their place, the reason and what they hold."""

import gzip

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.base import REJECTED
from pipeline.sources.build import build_source
from pipeline.sources.cells import blocks
from pipeline.sources.config import CsvConfig, JsonlConfig, ParquetConfig

BROKEN = {
    "too few cells": (b"when,heat\n2024-01-01,1\n2024-01-02\n2024-01-03,3\n", 3, "1 cells where the header has 2"),
    "too many cells": (b"when,heat\n2024-01-01,1\n2024-01-02,2,2\n2024-01-03,3\n", 3, "3 cells where the header has 2"),
    "a number with its unit": (b"when,heat\n2024-01-01,1\n2024-01-02,2 km\n2024-01-03,3\n", 3, "'2 km' is no number"),
    "a date in another format": (b"when,heat\n2024-01-01,1\n2.1.2024,2\n2024-01-03,3\n", 3, "'2.1.2024' is no time"),
    "a date that is none": (b"when,heat\n2024-01-01,1\n2024-02-31,2\n2024-01-03,3\n", 3, "'2024-02-31' is no time"),
    "bytes that are no text": (b"when,heat\n2024-01-01,1\n2024-01-02,\xff2\n2024-01-03,3\n", 3, "that are not utf-8"),
    "a zero byte": (b"when,heat\n" + b"2024-01-01,1\n" * 6000 + b"2024-01-02,\x002\n", 6002, "a zero byte"),
    "text after a closing quote": (b'when,heat\n2024-01-01,"1"\n2024-01-02,"2"2\n2024-01-03,3\n', 3, "do not pair up"),
    "a quote that never closes": (b'when,heat\n2024-01-01,1\n2024-01-02,"2\n2024-01-03,3\n', 3, "do not pair up"),
    "a split that is none": (
        b"when,heat,part\n2024-01-01,1,dev\n2024-01-02,2,devil\n2024-01-03,3,train\n", 3, "'devil' is no split",
    ),
}  # fmt: skip


def settings(text, **more):
    return {"time": "when", "split": "part" if b"part" in text else None, "channels": ("heat",), **more}


@pytest.mark.parametrize("case", BROKEN)
def test_a_row_is_set_aside_with_its_line_and_the_reason(tmp_path, case):
    text, line, reason = BROKEN[case]
    (tmp_path / "t.csv").write_bytes(text)

    table = build_source(CsvConfig(path="t.csv", bad_rows="quarantine", **settings(text)), tmp_path).read()

    assert table.rejected.schema == REJECTED
    assert table.rejected["origin"].to_list() == [f"t.csv:{line}"]
    assert reason in table.rejected["reason"][0]
    assert "2" in table.rejected["row"][0]
    assert table.frame.height == text.count(b"\n") - 2
    assert f"t.csv:{line}" not in table.frame["origin"].to_list()


@pytest.mark.parametrize("case", BROKEN)
def test_the_same_row_stops_the_run_unless_it_may_be_set_aside(tmp_path, case):
    text, _, _ = BROKEN[case]
    (tmp_path / "t.csv").write_bytes(text)

    with pytest.raises(DataError) as error:
        build_source(CsvConfig(path="t.csv", **settings(text)), tmp_path).read()

    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("block", [5, 17, 64, 8 << 20])
def test_what_is_set_aside_does_not_depend_on_where_a_block_ends(tmp_path, monkeypatch, block):
    rows = ["a,1", "b", 'f,"3"', 'g,"4"x"', "h,5", "i,\xff", "j,6", "e,x km"] * 3
    (tmp_path / "t.csv").write_bytes(b"who,n\n" + "\n".join(rows).encode("latin-1") + b"\n")
    monkeypatch.setattr(blocks, "BLOCK", block)

    table = build_source(CsvConfig(path="t.csv", group="who", bad_rows="quarantine"), tmp_path).read()

    assert sorted(table.frame["n"]) == sorted([1, 3, 5, 6] * 3)
    assert table.rejected.height == 12


def test_lines_that_a_wrong_quote_has_swallowed_are_set_aside_together(tmp_path):
    (tmp_path / "t.csv").write_text('who,n\na,1\n"b,2\nc,3\nd,"4"\ne,5\n')

    table = build_source(CsvConfig(path="t.csv", group="who", bad_rows="quarantine"), tmp_path).read()

    assert table.frame["n"].to_list() == [1, 5]
    assert table.rejected["origin"].to_list() == ["t.csv:3"]
    assert "do not pair up, over 3 lines" in table.rejected["reason"][0]
    assert table.rejected["row"].to_list() == ['"b,2\nc,3\nd,"4"']


def test_several_reasons_of_one_row_are_all_told(tmp_path):
    (tmp_path / "t.csv").write_text("when,a,b\n2024-01-01,1,2\nsoon,x,y\n2024-01-02,1,2\n")

    config = CsvConfig(path="t.csv", time="when", channels=("a", "b"), bad_rows="quarantine")
    table = build_source(config, tmp_path).read()

    reason = table.rejected["reason"][0]
    assert reason.split("; ") == [
        "when: 'soon' is no time in the format of the others",
        "a: 'x' is no number",
        "b: 'y' is no number",
    ]
    assert table.rejected["row"][0] == '{"when":"soon","a":"x","b":"y"}'


def test_the_format_of_most_dates_is_the_one_that_counts(tmp_path):
    (tmp_path / "t.csv").write_text(
        "when,a\n" + "".join(f"{day}.01.2024,1\n" for day in range(10, 29)) + "01/30/2024,2\n"
    )

    table = build_source(CsvConfig(path="t.csv", time="when", bad_rows="quarantine"), tmp_path).read()

    assert table.frame.height == 19
    assert table.rejected["row"].to_list() == ['{"when":"01/30/2024","a":"2"}']


def test_a_table_without_one_readable_row_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1\n2\n3,4,5\n")

    with pytest.raises(
        DataError, match=r"not one row can be read; the last one, t\.csv:4: line 4 has 3 cells"
    ):
        build_source(CsvConfig(path="t.csv", bad_rows="quarantine"), tmp_path).read()


def test_a_line_that_is_no_object_is_set_aside(tmp_path):
    lines = [
        '{"a": 1}',
        "[2]",
        '{"a": 3, "a": 4}',
        '{"a": ',
        '{"a": "5 km"}',
        '{"a": 6.5}',
        '{"a": 7}',
        '{"a": 8}',
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))

    table = build_source(JsonlConfig(path="t.jsonl", bad_rows="quarantine"), tmp_path).read()

    assert table.frame["a"].to_list() == [1, 6.5, 7, 8]
    assert sorted(table.rejected["origin"]) == [f"t.jsonl:{line}" for line in (2, 3, 4, 5)]


def test_text_in_a_column_of_numbers_of_a_parquet_file_is_set_aside(tmp_path):
    pl.DataFrame({"a": ["1", "2.5", "three", None]}).write_parquet(tmp_path / "t.parquet")

    config = ParquetConfig(path="t.parquet", channels=("a",), bad_rows="quarantine")
    table = build_source(config, tmp_path).read()

    assert table.frame["a"].to_list() == [1, 2.5, None]
    assert table.rejected.rows() == [("t.parquet:3", "a: 'three' is no number", '{"a":"three"}')]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (gzip.compress(b"a,b\n" + b"1,2\n" * 50_000)[:-40], "cannot be read"),
        (b"a,b\n1,2\n", "cannot be read"),
        (b"", "is empty"),
        (gzip.compress(b"\0" * 100_000), "is not text"),
        (gzip.compress(b""), "is empty"),
    ],
    ids=["truncated", "wrong magic", "nothing", "a bomb of zeros", "packed nothing"],
)
def test_a_broken_packed_file_is_refused_whatever_may_be_set_aside(tmp_path, content, sentence):
    (tmp_path / "t.csv.gz").write_bytes(content)

    for bad_rows in ("refuse", "quarantine"):
        with pytest.raises(DataError, match=sentence):
            build_source(CsvConfig(path="t.csv.gz", bad_rows=bad_rows), tmp_path).read()
