"""A number reads as what its writer meant, or the reader asks."""

import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig


def heat(tmp_path, cells, **settings):
    (tmp_path / "t.csv").write_text("n;heat\n" + "\n".join(f"{row};{cell}" for row, cell in enumerate(cells)))
    return build_source(CsvConfig(path="t.csv", **settings), tmp_path).read().frame["heat"].to_list()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,5", "-2,25", "3"], [1.5, -2.25, 3.0]),
        (["1.234,5", "7,25"], [1234.5, 7.25]),
        (["1,234.5", "2,000"], [1234.5, 2000.0]),
        (["1,234", "5.5"], [1234.0, 5.5]),
        (["1.5", "2e3"], [1.5, 2000.0]),
    ],
)
def test_the_mark_before_the_fraction_is_found(tmp_path, cells, numbers):
    assert heat(tmp_path, cells) == numbers


def test_what_could_be_both_is_asked_and_then_read_as_said(tmp_path):
    cells = ["1,234", "5,678"]

    with pytest.raises(DataError, match=r"say which with sources\.decimal"):
        heat(tmp_path, cells)

    assert heat(tmp_path, cells, decimal=",") == [1.234, 5.678]
    assert heat(tmp_path, cells, decimal=".") == [1234.0, 5678.0]


def test_text_with_commas_stays_text(tmp_path):
    (tmp_path / "t.csv").write_text("place;heat\nBonn, DE;1\nKöln, DE;2\n")

    frame = build_source(CsvConfig(path="t.csv", group="place"), tmp_path).read().frame

    assert frame["group"].to_list() == ["Bonn, DE", "Köln, DE"]


@pytest.mark.parametrize(
    ("decimal", "cell"),
    [
        (",", "5.5"),
        (",", "0.123"),
        (",", "12.34"),
        (",", "1,234.5"),
        (".", "1,5"),
        (".", "0,123"),
        (".", "1.234,5"),
    ],
)
def test_the_other_mark_than_the_one_said_parts_thousands_or_is_refused(tmp_path, decimal, cell):
    other = {",": ".", ".": ","}[decimal]

    assert heat(tmp_path, [f"1{other}234", f"-12{other}345"], decimal=decimal) == [1234.0, -12345.0]
    assert heat(tmp_path, [f"1{other}234{other}567", "8"], decimal=decimal) == [1234567.0, 8.0]
    with pytest.raises(
        DataError, match=rf"'heat' has numbers such as '{cell}', .* sources\.decimal='{decimal}'"
    ):
        heat(tmp_path, [f"1{other}234", cell], decimal=decimal)


def test_a_zero_before_the_mark_parts_no_thousands(tmp_path):
    assert heat(tmp_path, ["0,123", "1,234"]) == [0.123, 1.234]
