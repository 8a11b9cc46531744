"""The answer of a database is a table; the database is only read, and its password never told."""

import sqlite3
from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources import sql
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, SqlConfig
from tests.postgres import PASSWORD, postgres_server

ROWS = [
    (f"2024-01-{1 + row % 28:02d} 0{row % 9}:00:00", "ab"[row % 2], row / 4 if row % 5 else None)
    for row in range(700)
]
MAKE = 'create table heat ("when" timestamp, who text, heat double precision)'
SETTINGS = {"query": "select * from heat where who like 'a%' or who = 'b'", "time": "when", "group": "who"}


@pytest.fixture(scope="module")
def postgres():
    """Yield the URL of a database with the table."""
    with postgres_server() as server:
        with server.connect() as base:
            base.execute(MAKE)
            with base.cursor() as cursor:
                cursor.executemany("insert into heat values (%s, %s, %s)", ROWS)
        yield server.url


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with the same table as SQLite, DuckDB and CSV."""
    import duckdb

    folder = tmp_path_factory.mktemp("bases")
    with sqlite3.connect(folder / "my heat.db") as base:
        base.execute(MAKE)
        base.executemany("insert into heat values (?, ?, ?)", ROWS)
    with duckdb.connect(str(folder / "heat.duckdb")) as base:
        base.execute(MAKE)
        base.executemany("insert into heat values (?, ?, ?)", ROWS)
    pl.DataFrame(ROWS, schema=["when", "who", "heat"], orient="row").write_csv(folder / "heat.csv")
    return folder


@pytest.fixture
def url(request):
    return request.getfixturevalue("postgres") if request.param == "postgresql" else request.param


every_database = pytest.mark.parametrize(
    "url", ["sqlite:///my heat.db", "duckdb:///heat.duckdb", "postgresql"], indirect=True
)


@every_database
def test_a_database_gives_the_same_rows_as_a_file(files, url, monkeypatch):
    monkeypatch.setattr(sql, "FETCHED", 64)

    table = build_source(SqlConfig(path=url, **SETTINGS), files).read()
    wanted = build_source(CsvConfig(path="heat.csv", time="when", group="who"), files).read()

    assert table.frame.drop("origin").equals(wanted.frame.drop("origin"))
    assert table.frame["time"][0] == datetime(2024, 1, 1)
    assert table.frame["origin"].is_unique().all()


@every_database
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("select * from nothing", "does not answer sources.query"),
        ("delete from heat", "does not answer sources.query|is no question"),
        ("drop table heat", "does not answer sources.query|is no question"),
        ("selec 1", "does not answer sources.query"),
        ("select heat, heat from heat", r"gives \['heat'\] more than once"),
        ("select * from heat where heat < -1", "has no rows"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_in_a_sentence(files, url, query, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        build_source(SqlConfig(path=url, query=query), files).read()

    assert len(str(error.value).splitlines()) == 1
    assert PASSWORD not in str(error.value)
    assert "ge%3Ah%40im" not in str(error.value)
    left = build_source(SqlConfig(path=url, query="select heat from heat"), files).read()
    assert left.frame.height == len(ROWS)


@every_database
def test_a_wrong_column_does_not_tell_the_password(files, url):
    with pytest.raises(
        DataError, match=r"sources\.time: the answer of .* has no column 'whn'; did you mean when"
    ) as error:
        build_source(SqlConfig(path=url, query=SETTINGS["query"], time="whn"), files).read()

    assert "ge" + ":h" not in str(error.value).replace("%3A", ":")


def test_a_server_that_is_not_there_does_not_tell_the_password(tmp_path):
    source = build_source(SqlConfig(path="postgresql://me:geheim@127.0.0.1:1/x", query="select 1"), tmp_path)

    with pytest.raises(DataError, match=r"postgresql://127\.0\.0\.1:1/x does not answer") as error:
        source.read()

    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        ("sqlite:///none.db", DataError, "there is no database file"),
        ("duckdb:///none.db", DataError, "there is no database file"),
        ("mysql://me:geheim@host/x", ConfigError, "of no database known here"),
        ("me:geheim@host/x", ConfigError, "is no URL of a database"),
    ],
)
def test_a_database_that_is_none_is_refused_and_never_made(tmp_path, path, error, sentence):
    with pytest.raises(error, match=sentence) as told:
        build_source(SqlConfig(path=path, query="select 1"), tmp_path).read()

    assert "geheim" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path):
    (tmp_path / "t.db").write_bytes(b"PK\x03\x04" * 2000)

    for kind in ("sqlite", "duckdb"):
        with pytest.raises(DataError, match="does not answer"):
            build_source(SqlConfig(path=f"{kind}:///t.db", query="select * from t"), tmp_path).read()


def test_cells_of_mixed_types_lose_nothing(tmp_path):
    with sqlite3.connect(tmp_path / "t.db") as base:
        base.execute("create table t (a, y)")
        base.executemany("insert into t values (?, ?)", [(1, 7), (2.5, "seven"), (None, None), ("3", 7.5)])
    config = SqlConfig(path="sqlite:///t.db", query="select * from t", channels=("a",), target="y")

    frame = build_source(config, tmp_path).read().frame

    assert frame["a"].to_list() == [1, 2.5, None, 3]
    assert frame["target"].to_list() == ["7", "seven", None, "7.5"]


@pytest.mark.parametrize("fetched", [1, 2, 100])
def test_equal_numbers_are_one_name_and_long_ones_are_not_made_one(tmp_path, monkeypatch, fetched):
    monkeypatch.setattr(sql, "FETCHED", fetched)
    with sqlite3.connect(tmp_path / "t.db") as base:
        base.execute("create table t (who, a)")
        base.executemany("insert into t values (?, ?)", [(1, 1), (1.0, 2), ("1", 3), (1.5, 4), (None, 5)])
    config = SqlConfig(path="sqlite:///t.db", query="select * from t", group="who", rows="samples")

    assert build_source(config, tmp_path).read().frame["group"].to_list() == ["1", "1", "1", "1.5", None]


def test_ids_of_twenty_digits_stay_apart(files, postgres):
    query = (
        "select 12345678901234567890::numeric as who, 1 as a union all select 12345678901234567891, 2 "
        "union all select 7.0, 3 union all select 7, 4 union all select 0.00, 5 order by a"
    )
    config = SqlConfig(path=postgres, query=query, group="who", target="who", channels=("a",))

    frame = build_source(config, files).read().frame.sort("a")

    names = ["12345678901234567890", "12345678901234567891", "7", "7", "0"]
    assert frame["group"].to_list() == frame["target"].to_list() == names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12345678901234567890123456789.10"), "12345678901234567890123456789.1"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (Decimal("NaN"), None),
        (2**70, "1180591620717411303424"),
    ],
)
def test_a_decimal_is_a_name_with_all_its_digits(value, text):
    frame = sql._frame(["who"], [(value,), ("x",)], {"who"})

    assert frame["who"].to_list() == [text, "x"]


@pytest.mark.parametrize(
    "value", ["interval '1 day'", "{'a': [interval '1 day']}", "union_value(n := 1)", "'1' :: bignum"]
)
def test_a_type_that_only_duckdb_knows_is_named(files, value):
    query = " ".join(["select", value, "as gap, heat from heat"])
    source = build_source(SqlConfig(path="duckdb:///heat.duckdb", query=query), files)

    with pytest.raises(
        DataError, match=r"cannot be read: 'gap' .*leave them out of the query, or cast"
    ) as error:
        source.read()

    assert "heat" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_patterns_on_paths_are_refused_for_a_database(tmp_path):
    with pytest.raises(ConfigError, match=r"sources\.group_pattern looks at the paths of files"):
        build_source(SqlConfig(path="sqlite:///t.db", query="select 1", group_pattern="(a)"), tmp_path)
