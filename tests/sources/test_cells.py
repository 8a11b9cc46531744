"""What a cell of a text table means depends on its column, and no row is lost or made up."""

import gzip

import pytest
from pydantic import ValidationError

from pipeline.foundation.errors import DataError
from pipeline.heads.config import ForecastConfig
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig


def read(tmp_path, text, **settings):
    (tmp_path / "t.csv").write_text(text)
    return build_source(CsvConfig(path="t.csv", **settings), tmp_path).read().frame


def test_a_country_called_na_and_a_class_called_none_keep_their_names(tmp_path):
    text = "land,heat,state\nNA,1,None\nDE,NA,on\n,3,\n"

    frame = read(tmp_path, text, group="land", target="state").sort("sample_id")

    assert frame["group"].to_list() == ["DE", "NA", None]
    assert frame["target"].to_list() == ["on", "None", None]
    assert frame["heat"].to_list() == [None, 1, 3]


def test_spaces_around_names_and_cells_do_not_count(tmp_path):
    frame = read(tmp_path, 'a, b ,"c, d"\n1, NA , 3\n2,4,5\n')

    assert frame.select("a", "b", "c, d").rows() == [(1, None, 3), (2, 4, 5)]


@pytest.mark.parametrize("rows", ["1,2\n3\n", '1,2\n"3"\n', "1,2\n3,4,5\n", '1,2\n"3",4,5\n'])
def test_a_row_of_another_width_is_named(tmp_path, rows):
    with pytest.raises(
        DataError, match=r"cannot be read as a table: line 3 has \d cells where the header has 2"
    ):
        read(tmp_path, f"a,b\n{rows}")


@pytest.mark.parametrize("quote", ["", '"'])
def test_blank_lines_are_no_rows_and_lines_keep_their_numbers(tmp_path, quote):
    frame = read(tmp_path, f"a,{quote}b{quote}\r\n\r\n1,2\r\n  \r\n3,4\r\n\r\n")

    assert frame.select("a", "b", "origin").rows() == [(1, 2, "t.csv:3"), (3, 4, "t.csv:5")]


def test_a_quoted_cell_may_hold_line_ends(tmp_path):
    frame = read(tmp_path, 'who,a\n"x\n\ny",1\nz,2\n', group="who")

    assert frame.select("group", "a", "origin").rows() == [("x\n\ny", 1, "t.csv:2"), ("z", 2, "t.csv:5")]


@pytest.mark.parametrize("text", ['a,b\n1,"2\n3,4\n', 'a,b\n1,2\n3,x"y\n4,5"\n'])
def test_quotes_that_do_not_pair_up_end_in_a_sentence_or_stay_text(tmp_path, text):
    with pytest.raises(DataError):
        read(tmp_path, text, channels=("a", "b"))


def test_a_damaged_gzip_file_is_refused(tmp_path):
    packed = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 5000))
    packed[15:25] = b"\xff" * 10
    (tmp_path / "t.csv.gz").write_bytes(bytes(packed))

    with pytest.raises(DataError, match="cannot be read"):
        build_source(CsvConfig(path="t.csv.gz"), tmp_path).read()


def test_a_missing_file_lists_its_neighbours_without_hidden_ones(tmp_path):
    for name in (".hidden", "b.dat", "a.dat"):
        (tmp_path / name).write_text("")

    with pytest.raises(DataError, match=r"holds a\.dat, b\.dat$"):
        build_source(CsvConfig(path="zzzzzz"), tmp_path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: CsvConfig(path="t.csv", channels=("a", "a")), "channels\n.*a is named more than once"),
        (lambda: ForecastConfig(targets=("a", "b", "a")), "heads.targets names a more than once"),
        (lambda: CsvConfig(path="t.csv", separator="||"), "must be one ASCII character"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(make, sentence):
    with pytest.raises(ValidationError, match=sentence):
        make()


def test_lines_of_an_old_macintosh_are_lines(tmp_path):
    assert read(tmp_path, "a,b\r1,2\r3,4\r").select("a", "b").rows() == [(1, 2), (3, 4)]


def test_a_file_with_only_a_byte_order_mark_is_empty(tmp_path):
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path, "\ufeff")
