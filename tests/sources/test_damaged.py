"""Archives and typed tables that are damaged, or hold something else, are told in a sentence."""

import gzip

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.sources.build import build_source
from pipeline.sources.config import FolderConfig, IdxConfig, NpzConfig, ParquetConfig

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
CLASSES = np.array([0, 2, 1, 0, 2, 1])


def archive(tmp_path, labels, images=PIXELS):
    np.savez_compressed(tmp_path / "p.npz", images=images, labels=labels)
    return build_source(NpzConfig(path="p.npz"), tmp_path)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_one_hot_labels_are_classes(tmp_path, dtype):
    table = archive(tmp_path, np.eye(3)[CLASSES].astype(dtype)).read()

    assert table.frame["target"].to_list() == [str(name) for name in CLASSES]
    assert table.notes == ("labels is one-hot; the class is the place of its 1",)


def test_a_column_of_labels_is_read_as_it_is(tmp_path):
    table = archive(tmp_path, CLASSES[:, None]).read()

    assert table.frame["target"].to_list() == [str(name) for name in CLASSES]
    assert not table.notes


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.ones((6, 3), int), "several labels each are not supported yet"),
        (np.zeros((6, 3), int), "several labels each are not supported yet"),
        (np.array(3), r"has shape \(\)"),
        (np.zeros((6, 2, 2)), r"has shape \(6, 2, 2\)"),
    ],
)
def test_labels_that_are_not_one_class_each_are_refused(tmp_path, labels, sentence):
    with pytest.raises(DataError, match=sentence):
        archive(tmp_path, labels).read()


def test_a_single_number_is_no_array_of_images(tmp_path):
    with pytest.raises(DataError, match="images are wanted as uint8"):
        archive(tmp_path, CLASSES, images=np.array(1)).read()


def test_one_array_called_an_archive_is_refused(tmp_path):
    np.save(tmp_path / "p.npy", PIXELS)
    (tmp_path / "p.npy").rename(tmp_path / "p.npz")

    with pytest.raises(DataError, match="is one array, not an archive"):
        build_source(NpzConfig(path="p.npz"), tmp_path).read()


def test_a_damaged_archive_is_read_as_it_was_or_refused(tmp_path):
    source = archive(tmp_path, CLASSES)
    path = tmp_path / "p.npz"
    sound, frame = path.read_bytes(), source.read().frame
    refused = 0
    for start in range(0, len(sound), 7):
        path.write_bytes(sound[:start] + b"\xff" * 7 + sound[start + 7 :])
        try:
            assert source.read().frame.equals(frame)
        except DataError:
            refused += 1

    assert refused > 10


def test_a_damaged_gzip_file_of_images_is_refused(tmp_path):
    packed = bytearray(gzip.compress(PIXELS.tobytes() * 20))
    packed[12:30] = b"\xff" * 18
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(bytes(packed))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(bytes(packed))

    with pytest.raises(DataError, match="cannot be unpacked"):
        build_source(IdxConfig(path="."), tmp_path).read()


def test_an_image_with_pixels_that_are_no_numbers_is_set_aside(tmp_path):
    (tmp_path / "p" / "cat").mkdir(parents=True)
    Image.fromarray(np.array([[1, np.nan]], np.float32)).save(tmp_path / "p" / "cat" / "a.tiff")

    frame = build_source(FolderConfig(path="p"), tmp_path).read().frame

    assert frame["defect"].to_list() == ["has pixels that are no finite numbers"]


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
