"""No cell of a text table is changed, lost or made up, wherever a block of the file happens to end."""

import csv
import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import DataError
from pipeline.sources.cells import blocks
from pipeline.sources.cells.delimited import DelimitedFile, find_separator
from pipeline.sources.config import CsvConfig

CELLS = st.text(
    st.one_of(st.sampled_from(list("\",;|\t\n\r 'aé😀1.")), st.characters(exclude_categories=["Cs"])),
    max_size=6,
).filter(lambda text: "\0" not in text)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)
quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows, separator=",", line_end="\n", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    if line_end == "\n" and any("\r" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # Python leaves a lone return unquoted then, and cannot read it back itself
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerow(f"c{place}" for place in range(len(rows[0])))
    writer.writerows(rows)
    return text.getvalue()


def read(path, **config):
    pieces = list(DelimitedFile(path, CsvConfig(path=path.name, **config)).pieces())
    cells = [tuple(cell or "" for cell in row) for piece in pieces for row in piece.frame.rows()]
    return cells, [line for piece in pieces for line in piece.lines]


@quick
@given(
    rows=TABLES,
    separator=st.sampled_from(",;|\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(3, 60),
)
def test_any_cells_written_by_python_come_back_the_same(
    tmp_path, monkeypatch, rows, separator, line_end, block
):
    path = tmp_path / "t.csv"
    path.write_bytes(written(rows, separator, line_end).encode())
    monkeypatch.setattr(blocks, "BLOCK", block)

    cells, _ = read(path, separator=separator)

    assert cells == [tuple(row) for row in rows]


@quick
@given(rows=TABLES, block=st.integers(3, 60))
def test_a_row_is_said_to_be_in_the_line_in_which_it_begins(tmp_path, monkeypatch, rows, block):
    path, text = tmp_path / "t.csv", written(rows, quoting=csv.QUOTE_ALL)
    path.write_bytes(text.encode())
    monkeypatch.setattr(blocks, "BLOCK", block)

    _, lines = read(path, separator=",")

    wanted, at = [], text.index("\n") + 1
    for row in rows:
        wanted.append(1 + len(re.findall(r"\r\n|\r|\n", text[:at])))
        at += len(",".join('"' + cell.replace('"', '""') + '"' for cell in row)) + 1
    assert lines == wanted


@quick
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from("\"ab 'é"), min_size=1, max_size=5), min_size=2, max_size=2),
        min_size=1,
    ),
    block=st.integers(3, 60),
)
def test_where_quotes_are_text_they_stay(tmp_path, monkeypatch, rows, block):
    path = tmp_path / "t.tsv"
    path.write_text("x\ty\n" + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(blocks, "BLOCK", block)

    cells, _ = read(path, separator="\t", quotes=False)

    assert cells == [tuple(row) for row in rows]


@quick
@given(
    rows=TABLES,
    encoding=st.sampled_from(["utf-16", "utf-8-sig", "utf-32", "utf-16-le"]),
    block=st.integers(3, 60),
)
def test_the_encoding_does_not_change_a_cell(tmp_path, monkeypatch, rows, encoding, block):
    path = tmp_path / "t.csv"
    path.write_bytes(written(rows).encode(encoding))
    monkeypatch.setattr(blocks, "BLOCK", block)

    cells, _ = read(path, separator=",", encoding=encoding)

    assert cells == [tuple(row) for row in rows]


def test_quotes_within_a_cell_are_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('size,who\n5\'10",x\n "a",y\nb"c"d,"z,""1"""\n')

    cells, lines = read(path)

    assert cells == [("5'10\"", "x"), (' "a"', "y"), ('b"c"d', 'z,"1"')]
    assert lines == [2, 3, 4]


def test_many_rows_with_quoted_line_ends_are_found_by_all_threads(tmp_path):
    rows = [
        [str(number), f'a\n"b,{number}' if number % 3 else "plain", "x" * (number % 50)]
        for number in range(60_000)
    ]
    path = tmp_path / "t.csv"
    path.write_text(written(rows))

    cells, lines = read(path)

    assert cells == [tuple(row) for row in rows]
    assert lines[:4] == [2, 3, 5, 7]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3),
        ('a,b\n1,2\n"3"4,5\n6,7\n', 3),
        ('a,b\n1,"2"\n"3,4\n5,"6"\n7,8\n', 3),
    ],
)
def test_quotes_that_do_not_pair_up_name_their_line(tmp_path, text, line):
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(
        DataError, match=rf"line {line} has a quoted cell whose quote characters do not pair up"
    ):
        read(tmp_path / "t.csv")


def test_a_row_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.cells.delimited.LONGEST_ROW", 10_000)
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    (tmp_path / "t.csv").write_text('a,b\n1,2\n"3,' + "4\n" * 50_000)

    with pytest.raises(DataError, match="the row in line 3 does not end"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_divides_evenly(separator):
    text = separator.join("abc") + "\n" + separator.join(["1", "2", "x, y; z"]) + "\n"

    assert find_separator(text if separator not in ",;" else text.replace("x, y; z", "x")) == separator
