"""Typed tables that are damaged, or hold something else, are told in a sentence."""

import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import ParquetConfig


def test_whole_and_broken_numbers_of_one_column_are_read_together(tmp_path):
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"a": [1.5, float("nan")]}).write_parquet(tmp_path / "2.parquet")

    frame = build_source(ParquetConfig(path="*.parquet"), tmp_path).read().frame

    assert frame["a"].to_list() == [1, 2, 1.5, None]


def test_files_of_other_types_are_not_read_together(tmp_path):
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"a": [[1.5], [2.5]]}).write_parquet(tmp_path / "2.parquet")

    with pytest.raises(DataError, match="cannot be read as one table"):
        build_source(ParquetConfig(path="*.parquet"), tmp_path).read()


def test_lists_and_bytes_are_left_out_and_refused_as_channels(tmp_path):
    frame = pl.DataFrame({"a": [1.0, 2.0], "many": [[1], [2, 3]], "raw": [b"\xff", b"\0"]})
    frame.write_parquet(tmp_path / "t.parquet")

    table = build_source(ParquetConfig(path="t.parquet"), tmp_path).read()

    assert table.channels == ("a",)
    for column in ("many", "raw"):
        with pytest.raises(DataError, match=f"the column '{column}' of"):
            build_source(ParquetConfig(path="t.parquet", channels=(column,)), tmp_path).read()


def test_every_damage_to_a_parquet_file_is_told_in_a_sentence_and_nothing_else(tmp_path, capfd):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [float(row) for row in range(50)], "b": ["x", "y"] * 25}).write_parquet(path)
    sound = path.read_bytes()
    source = build_source(ParquetConfig(path="t.parquet"), tmp_path)
    refused = 0
    for start in range(0, len(sound), 16):
        path.write_bytes(sound[:start] + b"\xff" * 16 + sound[start + 16 :])
        try:
            source.read()
        except DataError as error:
            refused += 1
            assert len(str(error).splitlines()) == 1

    assert refused > 10
    assert "panicked" not in capfd.readouterr().err
