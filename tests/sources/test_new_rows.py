"""The source of a model pointed at other data: a target may be there or not, and bad rows never stop it."""

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import (
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    GeneratedConfig,
    IdxConfig,
    JoinedConfig,
    JoinPart,
    JsonlConfig,
    LinesConfig,
    NpzConfig,
    ParquetConfig,
    SqlConfig,
)
from pipeline.sources.new_rows import Trained, new_rows

KNOWN = Trained(("a", "b"), ("place",))
TABLE = CsvConfig(path="old.csv", rows="samples", target="ill", split="part", separator=";")


@pytest.fixture
def rows():
    return pl.DataFrame({"a": [1.5, 2.5], "b": [3, 4], "place": ["x", "y"], "more": [7, 8]})


def read(found, project):
    return build_source(found.config, project, answers=False).read()


def test_a_table_is_read_by_its_trained_columns_whatever_else_it_holds(tmp_path, rows):
    rows.write_csv(tmp_path / "new.csv", separator=";")

    found = new_rows(TABLE, "new.csv", KNOWN, project=tmp_path)

    table = read(found, tmp_path)
    assert table.channels == ("a", "b")
    assert table.categories == ("place",)
    assert "target" not in table.frame.columns
    assert found.lacking == ()


def test_a_target_is_read_where_the_data_have_it(tmp_path, rows):
    rows.with_columns(ill=pl.Series(["yes", "no"])).write_csv(tmp_path / "new.csv", separator=";")

    found = new_rows(TABLE, "new.csv", KNOWN, project=tmp_path)

    assert read(found, tmp_path).frame["target"].to_list() == ["yes", "no"]


def test_what_the_data_lack_is_named(tmp_path, rows):
    rows.drop("b", "place").write_csv(tmp_path / "new.csv", separator=";")

    found = new_rows(TABLE, "new.csv", KNOWN, project=tmp_path)

    assert found.lacking == ("b", "place")
    with pytest.raises(DataError, match="none of the columns that the model was trained on"):
        new_rows(TABLE, "new.csv", Trained(("c",), ("d",)), project=tmp_path)


def test_rows_that_cannot_be_read_are_set_aside_although_training_refused_them(tmp_path):
    (tmp_path / "new.csv").write_text("a;b;place\n1;2;x\nmany;2;x\n")

    table = read(new_rows(TABLE, "new.csv", KNOWN, project=tmp_path), tmp_path)

    assert table.frame.height == 1
    assert table.rejected["origin"].to_list() == ["new.csv:3"]


def test_another_form_of_table_is_known_by_its_name(tmp_path, rows):
    rows.write_parquet(tmp_path / "new.parquet")
    rows.write_ndjson(tmp_path / "new.jsonl")
    rows.write_csv(tmp_path / "new.csv")
    query = SqlConfig(path="sqlite:///old.db", query="select * from t", rows="samples")

    kinds = {
        (CsvConfig, "new.parquet"): ParquetConfig, (CsvConfig, "new.jsonl"): JsonlConfig,
        (ParquetConfig, "new.csv"): CsvConfig, (JsonlConfig, "new.parquet"): ParquetConfig,
    }  # fmt: skip
    for (trained, name), kind in kinds.items():
        found = new_rows(trained(path="old", rows="samples"), name, KNOWN, project=tmp_path)
        assert isinstance(found.config, kind)
        assert read(found, tmp_path).frame["a"].to_list() == [1.5, 2.5]
    assert isinstance(new_rows(query, "new.csv", KNOWN, project=tmp_path).config, CsvConfig)
    with pytest.raises(ConfigError, match=r"neither the URL of a database nor a table"):
        new_rows(query, "new.bin", KNOWN, project=tmp_path)


def test_a_joined_table_is_joined_with_the_same_others(tmp_path):
    pl.DataFrame({"t": ["2024-01-01", "2024-01-03"], "a": [1, 2]}).write_csv(tmp_path / "new.csv")
    pl.DataFrame({"t": ["2024-01-01", "2024-01-02"], "b": [10, 20]}).write_csv(tmp_path / "other.csv")
    first = CsvConfig(path="old.csv", time="t", target="up")
    config = JoinedConfig(first=first, others=(JoinPart(source=CsvConfig(path="other.csv", time="t")),))

    table = read(new_rows(config, "new.csv", KNOWN, project=tmp_path), tmp_path)

    assert table.frame["b"].to_list() == [10, 20]
    assert "target" not in table.frame.columns


def test_images_need_no_class_folders_and_have_a_target_where_they_lie_in_some(tmp_path):
    for name in ("b.png", "a.png", "cat/c.png"):
        (tmp_path / "new" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / "new" / name)
    config = FolderConfig(path="old", target_pattern="(dog|bird)", labels=None)

    for trained in (FolderConfig(path="old", labels="old.csv"), DigitsConfig(), NpzConfig(path="old.npz")):
        table = read(new_rows(trained, "new", Trained((), ()), project=tmp_path), tmp_path)
        assert table.frame["origin"].to_list() == ["a.png", "b.png", "cat/c.png"]
        assert table.frame["target"].to_list() == [None, None, "cat"]
    patterned = read(new_rows(config, "new", Trained((), ()), project=tmp_path), tmp_path)
    assert patterned.frame["target"].null_count() == 3


def test_a_new_file_may_be_called_anything_whatever_the_patterns_of_training_look_for(tmp_path):
    (tmp_path / "new").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "new" / "scan part-else.png")
    patterns = {
        "target_pattern": r"(ill|well)",
        "group_pattern": r"patient(\d+)",
        "split_pattern": r"part-(\w+)",
    }

    found = new_rows(FolderConfig(path="old", **patterns), "new", Trained((), ()), project=tmp_path)

    row = read(found, tmp_path).frame.row(0, named=True)
    assert (row["origin"], row["group"], row["target"]) == ("scan part-else.png", None, None)


def test_an_archive_of_images_needs_no_labels(tmp_path):
    images = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    np.savez(tmp_path / "new.npz", images=images)

    table = read(new_rows(FolderConfig(path="old"), "new.npz", Trained((), ()), project=tmp_path), tmp_path)

    assert table.frame["target"].to_list() == [None, None]
    with pytest.raises(DataError, match="wanted: train_images and train_labels"):
        build_source(NpzConfig(path="new.npz"), tmp_path).read()


def test_idx_files_need_no_labels(tmp_path):
    head = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (2, 4, 4))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(head + bytes(32))

    found = new_rows(IdxConfig(path="old"), str(tmp_path), Trained((), ()), project=tmp_path)

    assert read(found, tmp_path).frame["target"].to_list() == [None, None]


def test_lines_of_text_need_no_classes(tmp_path):
    (tmp_path / "new.txt").write_text("one\ntwo\n")
    config = LinesConfig(path="old", labels=("_text", "_labels"), label_names="names.txt")

    found = new_rows(config, "new.txt", Trained((), ()), project=tmp_path)

    assert read(found, tmp_path).frame["text"].to_list() == ["one", "two"]


def test_rows_made_from_a_seed_have_no_files_to_predict(tmp_path):
    with pytest.raises(ConfigError, match="makes its rows from a seed"):
        new_rows(GeneratedConfig(), "new.csv", KNOWN, project=tmp_path)
