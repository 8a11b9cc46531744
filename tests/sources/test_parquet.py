"""Parquet and Arrow tables: partitioned over folders, in many files, larger than memory."""

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.foundation.errors import DataError
from pipeline.sources import parquet
from pipeline.sources.build import build_source
from pipeline.sources.config import ParquetConfig

TABLE = pl.DataFrame({"when": [1, 2, 3, 4], "a": [1.0, None, 3.0, 4.0], "who": ["x", "x", "y", "y"]})


def read(tmp_path, path="t", **config):
    return build_source(ParquetConfig(path=path, **config), tmp_path).read()


def test_folders_of_a_partitioned_table_are_columns(tmp_path):
    pq.write_to_dataset(
        TABLE.with_columns(year=pl.Series([2023, 2024, 2023, 2024])).to_arrow(),
        tmp_path / "t",
        ["year", "who"],
    )

    table = read(tmp_path, group="who", time="when")

    assert table.channels == ("a", "year")
    assert table.frame.select("group", "a", "year").rows() == [
        ("x", 1, 2023), ("x", None, 2024), ("y", 3, 2023), ("y", 4, 2024),
    ]  # fmt: skip
    assert table.frame["origin"][0].startswith("year=2023/who=x/")


def test_a_folder_without_a_value_and_with_odd_letters_is_understood(tmp_path):
    for place in ("who=a%2Fb", "who=__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / "t" / place).mkdir(parents=True)
        pl.DataFrame({"a": [1.0]}).write_parquet(tmp_path / "t" / place / "0.parquet")

    assert sorted(read(tmp_path, group="who").frame["group"].fill_null("-")) == ["-", "a/b"]


def test_files_in_folders_of_different_columns_are_refused(tmp_path):
    for place in ("who=a", "what=b"):
        (tmp_path / "t" / place).mkdir(parents=True)
        pl.DataFrame({"a": [1.0]}).write_parquet(tmp_path / "t" / place / "0.parquet")

    with pytest.raises(DataError, match=r"in folders for the columns \['who'\]"):
        read(tmp_path)


@pytest.mark.parametrize("layout", ["file", "stream"])
def test_an_arrow_file_is_a_table_too(tmp_path, layout):
    table = TABLE.to_arrow()
    make = pa.ipc.new_file if layout == "file" else pa.ipc.new_stream
    with make(str(tmp_path / "t.arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=3)

    frame = read(tmp_path, "t.arrow", group="who", time="when").frame

    assert frame.select("a", "group", "origin").row(3) == (4.0, "y", "t.arrow:4")


def test_a_large_row_group_comes_in_pieces_and_only_with_the_columns_that_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_ROWS", 10)
    pl.DataFrame({"a": range(100), "b": ["x"] * 100}).write_parquet(
        tmp_path / "t.parquet", row_group_size=100
    )
    source = build_source(ParquetConfig(path="t.parquet", channels=("a",)), tmp_path)

    heights = [batch.frame.height for batch in source.raw_batches()]
    frame = source.read().frame

    assert heights == [10] * 10
    assert frame["a"].to_list() == list(range(100))
    assert frame["origin"][99] == "t.parquet:100"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (pl.DataFrame({"when": [1], "b": [1.0], "who": ["x"]}), r"only one has \['a', 'b'\]"),
        (pl.DataFrame({"when": [1], "a": ["one"], "who": ["x"]}), "'a' holds text, there numbers"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, other, sentence):
    (tmp_path / "t").mkdir()
    TABLE.write_parquet(tmp_path / "t" / "1.parquet")
    other.write_parquet(tmp_path / "t" / "2.parquet")

    with pytest.raises(DataError, match=sentence):
        read(tmp_path)


def test_files_may_order_their_columns_as_they_like(tmp_path):
    (tmp_path / "t").mkdir()
    TABLE.write_parquet(tmp_path / "t" / "1.parquet")
    TABLE.select("who", "a", pl.col("when").cast(pl.Float64)).write_parquet(tmp_path / "t" / "2.parquet")

    assert read(tmp_path, channels=("a",), group="who").frame["a"].sum() == 16


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PAR1" + b"\0" * 40 + b"PAR1", b"ARROW1\0\0" + b"\xff" * 60]
)
def test_what_is_no_table_is_told_in_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError, match="no readable"):
        read(tmp_path, name)


def test_categories_flags_and_decimals_are_read(tmp_path):
    frame = pl.DataFrame(
        {
            "city": pl.Series(["a", "b"] * 4, dtype=pl.Categorical),
            "old": [True, False] * 4,
            "price": pl.Series(["1.25", "2.50"] * 4).cast(pl.Decimal(10, 2)),
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")

    table = read(tmp_path, "t.parquet", rows="samples")

    assert (table.channels, table.categories) == (("old", "price"), ("city",))
    assert table.frame.select("old", "price", "city").row(0) == (1.0, 1.25, "a")
