"""Broken tables are refused in one sentence."""

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, ParquetConfig

GOOD = "when,heat,state\n2024-01-01,1,on\n2024-01-02,2,off\n"

CSV = {
    "an empty file": ("", {}, "is empty"),
    "only a header": ("when,heat\n", {}, "has a header but no rows"),
    "a column that is not there": (GOOD, {"time": "wehn"}, "no column 'wehn'; did you mean when"),
    "a channel that is not there": (GOOD, {"channels": ("heet",)}, "did you mean heat"),
    "the wrong separator": (GOOD.replace(",", ";"), {"separator": ","}, "looks like separator ';'"),
    "a number with its unit": ("heat\n1\n2\n3 km\n4\n", {}, "column 'heat' has 1 cells that are no numbers"),
    "no numeric column": ("a,b\nx,y\nz,w\n", {}, "no numeric column"),
    "a ragged row": ("a,b\n1,2\n3,4,5,6\n", {}, "cannot be read as a table"),
    "a column name twice": ("a,a\n1,2\n", {}, "names ['a'] more than once"),
    "times that are none": ("when,heat\nsoon,1\nlater,2\n", {"time": "when"}, "in no format"),
    "times in two formats": (
        "when,heat\n2024-01-01,1\n01.02.2024,2\n", {"time": "when"}, "in no format",
    ),
    "days and months that cannot be told apart": (
        "when,heat\n01/02/2024,1\n03/04/2024,2\n", {"time": "when"}, "say which with sources.time_format",
    ),
    "a format that does not fit": (GOOD, {"time": "when", "time_format": "%d.%m.%Y"}, "do not fit %d.%m.%Y"),
    "an unknown encoding": (GOOD, {"encoding": "klingon"}, "no known encoding"),
    "a reserved name": ("split,heat\n1,2\n", {}, "rename those columns"),
}  # fmt: skip


@pytest.mark.parametrize("case", CSV)
def test_a_table_with(case, tmp_path):
    text, settings, sentence = CSV[case]
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(DataError) as error:
        build_source(CsvConfig(path="t.csv", **settings), tmp_path).read()

    assert sentence in str(error.value)
    assert len(str(error.value).splitlines()) <= 5


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "prices.csv").write_text(GOOD)

    with pytest.raises(DataError, match=r"did you mean .*prices\.csv"):
        build_source(CsvConfig(path="price.csv"), tmp_path)


def test_text_in_another_encoding_names_the_line_and_reads_once_it_is_said(tmp_path):
    (tmp_path / "t.csv").write_bytes("name,heat\nMünchen,1\nKöln,2\n".encode("cp1252"))

    with pytest.raises(DataError, match=r"t\.csv:2 is not utf-8"):
        build_source(CsvConfig(path="t.csv"), tmp_path).read()
    table = build_source(CsvConfig(path="t.csv", encoding="cp1252", group="name"), tmp_path).read()

    assert table.frame["group"].to_list() == ["Köln", "München"]


def test_a_zip_archive_called_csv_is_no_table(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"PK\x03\x04\x00\x00\x00\x00")

    with pytest.raises(DataError, match="is not text"):
        build_source(CsvConfig(path="t.csv"), tmp_path).read()


def test_files_with_other_columns_are_not_read_together(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,c\n1,2\n")

    with pytest.raises(DataError, match=r"2\.csv has other columns than 1\.csv: \['b', 'c'\]"):
        build_source(CsvConfig(path="*.csv"), tmp_path).read()


def test_a_corrupt_parquet_file_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1.0, 2.0]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DataError, match="no readable Parquet file"):
        build_source(ParquetConfig(path="t.parquet"), tmp_path).read()
