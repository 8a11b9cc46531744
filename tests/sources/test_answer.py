"""The answer of a database as a Parquet file: the same bytes for the same rows, and a type that holds all values."""

import hashlib
import sqlite3
from datetime import datetime

import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources import sql
from pipeline.sources.answer import write_answer
from tests.postgres import postgres_server

ROWS = [(number, None if number < 5 else number / 2, f"s{number % 3}") for number in range(9)]
MAKE = "create table power (number integer, load double precision, place text)"
QUERY = "select * from power where place like 's%' order by number"


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def base(request, tmp_path):
    """The URL of a database with the table."""
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "power.db") as connection:
            connection.execute(MAKE)
            connection.executemany("insert into power values (?, ?, ?)", ROWS)
        yield "sqlite:///power.db"
    elif request.param == "duckdb":
        import duckdb

        with duckdb.connect(str(tmp_path / "power.duckdb")) as connection:
            connection.execute(MAKE)
            connection.executemany("insert into power values (?, ?, ?)", ROWS)
        yield "duckdb:///power.duckdb"
    else:
        with postgres_server() as server:
            with server.connect() as connection:
                connection.execute(MAKE)
                with connection.cursor() as cursor:
                    cursor.executemany("insert into power values (%s, %s, %s)", ROWS)
            yield server.url


def test_every_database_gives_the_same_table_and_the_same_bytes_again(base, tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "FETCHED", 2)  # so that a column is empty in the first pieces
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"

    assert write_answer(base, QUERY, first, tmp_path) == len(ROWS)
    write_answer(base, QUERY, second, tmp_path)

    table = pl.read_parquet(first)
    assert table.rows() == ROWS
    assert table.schema["load"] == pl.Float64
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    assert sorted(path.suffix for path in tmp_path.iterdir() if "power" not in path.name) == [
        ".parquet",
        ".parquet",
    ]


def test_types_that_change_along_the_answer_meet_in_one_that_holds_all(tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "FETCHED", 1)
    with sqlite3.connect(tmp_path / "odd.db") as connection:
        connection.execute("create table odd (mixed, whole, empty)")
        connection.executemany("insert into odd values (?, ?, null)", [(1, 1), (2.5, 2), ("three", 3)])

    write_answer("sqlite:///odd.db", "select * from odd", tmp_path / "odd.parquet", tmp_path)

    table = pl.read_parquet(tmp_path / "odd.parquet")
    assert table.schema == {"mixed": pl.String, "whole": pl.Int64, "empty": pl.String}
    assert table["whole"].to_list() == [1, 2, 3]
    assert table["mixed"].to_list()[1:] == ["2.5", "three"]


def test_times_stay_times(tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "t.duckdb")) as connection:
        connection.execute("create table t as select timestamp '2026-01-02 03:04:05' as at")

    write_answer("duckdb:///t.duckdb", "select * from t", tmp_path / "t.parquet", tmp_path)

    assert pl.read_parquet(tmp_path / "t.parquet")["at"].to_list() == [datetime(2026, 1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("url", "query", "error", "words"),
    [
        ("sqlite:///none.db", "select 1", DataError, "there is no database file"),
        ("sqlite:///empty.db", "select * from nowhere", DataError, "no such table"),
        ("sqlite:///empty.db", "select 1 where 1 = 2", DataError, "has no rows"),
        ("mysql://here/there", "select 1", ConfigError, "is of no database known here"),
    ],
)
def test_what_cannot_be_had_is_told_and_leaves_nothing(tmp_path, url, query, error, words):
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()

    with pytest.raises(error, match=words):
        write_answer(url, query, tmp_path / "x.parquet", tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.db"]
