"""Equal content gives equal bytes."""

import hashlib

import polars as pl
import pytest

from pipeline.foundation.files import json_text, write_atomically
from pipeline.foundation.table import write_table


def test_the_same_rows_chunked_otherwise_give_the_same_file(tmp_path):
    frame = pl.DataFrame({"a": range(250_000), "b": [f"x{i % 7}" for i in range(250_000)]})
    pieces = pl.concat([frame[:13], frame[13:90_001], frame[90_001:]], rechunk=False)

    hashes = set()
    for index, table in enumerate((frame, pieces)):
        write_table(table, tmp_path / f"{index}.parquet")
        hashes.add(hashlib.sha256((tmp_path / f"{index}.parquet").read_bytes()).hexdigest())

    assert len(hashes) == 1


def test_json_does_not_depend_on_the_order_of_keys():
    assert json_text({"b": 1, "a": {"d": 2, "c": 3}}) == json_text({"a": {"c": 3, "d": 2}, "b": 1})


def test_json_refuses_what_browsers_cannot_read():
    with pytest.raises(ValueError):
        json_text({"loss": float("nan")})


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically("one", path)
    write_atomically("two", path)

    assert path.read_text() == "two"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
