"""Broken files are refused in one sentence, or keep their row with the reason."""

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, FolderConfig, IdxConfig, NpzConfig, ParquetConfig

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


def test_a_truncated_image_keeps_its_row_with_the_reason(tmp_path):
    folder = tmp_path / "pictures" / "cat"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    for name in ("whole.png", "cut.png"):
        Image.fromarray(noise).save(folder / name)
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:900])
    (folder / "text.png").write_text("no picture at all")
    (folder / "notes.txt").write_text("hello")

    table = build_source(FolderConfig(path="pictures"), tmp_path).read()

    defects = dict(table.frame.select("origin", "defect").iter_rows())
    assert defects["cat/whole.png"] is None
    assert "cannot be decoded" in defects["cat/cut.png"]
    assert "cannot be decoded" in defects["cat/text.png"]
    assert table.notes == ("1 files that are no images were passed over",)


def test_an_absurdly_large_image_is_not_decoded(tmp_path):
    folder = tmp_path / "pictures" / "cat"
    folder.mkdir(parents=True)
    Image.new("1", (3000, 3000)).save(folder / "bomb.png")

    table = build_source(FolderConfig(path="pictures", max_pixels=1_000_000), tmp_path).read()

    assert table.frame["defect"][0] == "3000x3000 pixels, more than 1000000"


def test_images_without_class_folders_are_refused(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")

    with pytest.raises(DataError, match="no class folders"):
        build_source(FolderConfig(path="."), tmp_path).read()


def test_a_group_pattern_without_parentheses_is_a_wrong_setting(tmp_path):
    (tmp_path / "p" / "cat").mkdir(parents=True)
    Image.new("L", (4, 4)).save(tmp_path / "p" / "cat" / "a.png")

    with pytest.raises(ConfigError, match="one pair of parentheses"):
        build_source(FolderConfig(path="p", group_pattern="cat"), tmp_path).read()


def test_an_archive_with_pickles_is_not_opened(tmp_path):
    np.savez(tmp_path / "p.npz", images=np.array([{"a": 1}], dtype=object), labels=np.array([1]))

    with pytest.raises(DataError, match="no NumPy archive of plain arrays"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_an_archive_with_other_arrays_lists_them(tmp_path):
    np.savez(tmp_path / "p.npz", pictures=np.zeros(3))

    with pytest.raises(DataError, match=r"holds the arrays \['pictures'\]"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_a_truncated_idx_file_says_how_many_bytes_are_missing(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(
        bytes.fromhex("00000803000000020000000200000002") + b"\1"
    )
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes.fromhex("0000080100000002") + b"\1\2")

    with pytest.raises(DataError, match=r"claims shape \(2, 2, 2\), which is 8 bytes, and holds 1"):
        build_source(IdxConfig(path="."), tmp_path).read()
