"""Images become samples: divided, asked, in their order."""

import tarfile
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.media import decoding
from pipeline.preprocessing.question import Question

FER = Path(__file__).parents[4] / "shared" / "datasets" / "fer2013" / "fer2013_subset.tar"


def test_a_reader_gives_the_scaled_pixels_of_its_split(pictures, write_rows, out):
    config = ImagesConfig(height=6, width=4, frames="rows")

    meta = pictures.prepare(write_rows(**pictures.columns(pictures.pixels)), config, out).meta
    test = pictures.reader(out, meta, "test")
    batch = test.inputs(np.arange(len(test)))

    expected = (pictures.pixels[test.ids, :, :, 0] - meta.offset[0]) / meta.scale[0]
    assert batch.dtype == np.float32
    assert np.allclose(batch, expected, atol=1e-5)
    assert meta.classes == ("cat", "dog")
    assert test.targets(np.arange(len(test))).tolist() == (test.ids % 2).tolist()


def test_images_of_many_pieces_are_read_in_their_order(pictures, write_rows, out, monkeypatch):
    monkeypatch.setattr(decoding, "MOST_BYTES", 100)  # four images at a time
    images = [pictures.png(image[..., 0]) for image in pictures.pixels]

    pictures.prepare(
        write_rows(**pictures.columns(images)), ImagesConfig(height=6, width=4, frames="rows"), out
    )

    assert np.array_equal(np.load(out / "stream.npy").reshape(20, 6, 4), pictures.pixels[..., 0])


def test_several_labels_and_numbers_can_be_asked_of_an_image(pictures, write_rows, tmp_path):
    for name in ("labels", "number"):
        (tmp_path / name).mkdir()
    labels = write_rows("labels.parquet", **pictures.columns(pictures.pixels, ["a,b", "b"] * 10))
    numbers = write_rows(
        "numbers.parquet", **pictures.columns(pictures.pixels, [str(index / 2) for index in range(20)])
    )

    several = pictures.prepare(labels, ImagesConfig(), tmp_path / "labels", Question("multilabel"))
    number = pictures.prepare(numbers, ImagesConfig(), tmp_path / "number", Question("regress"))

    assert several.meta.classes == ("a", "b")
    assert np.load(tmp_path / "labels" / "targets_train.npy").shape[1] == 2
    scaled, ids = (np.load(tmp_path / "number" / f"{name}_train.npy") for name in ("targets", "ids"))
    assert np.allclose(
        scaled[:, 0] * number.meta.target_scale + number.meta.target_offset, ids / 2, atol=1e-5
    )


def test_images_with_times_can_be_divided_by_time(pictures, write_rows, out):
    times = pl.Series(range(20)).cast(pl.Datetime("us"))[::-1]
    config = ImagesConfig(split=SplitConfig(kind="time", val=0.2, test=0.2))

    pictures.prepare(write_rows(**pictures.columns(pictures.pixels, time=times)), config, out)

    assert np.load(out / "ids_test.npy").tolist() == [0, 1, 2, 3]
    assert np.load(out / "ids_train.npy").tolist() == list(range(8, 20))


def test_copies_of_an_image_are_on_one_side(pictures, write_rows, out):
    rng = np.random.default_rng(2)
    images = [rng.integers(0, 256, (16, 16), dtype=np.uint8) for _ in range(30)]
    images += [(images[0] * 0.8).astype(np.uint8)] * 5  # darker copies
    table = write_rows(**pictures.columns([pictures.png(image) for image in images]))

    pictures.prepare(table, ImagesConfig(height=16, width=16), out, seed=5)

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert len({sides[0], *sides[30:]}) == 1


def test_patients_stay_on_one_side(pictures, write_rows, out):
    pictures.prepare(
        write_rows(**pictures.columns(pictures.pixels)), ImagesConfig(split=SplitConfig(kind="group")), out
    )

    samples = pl.read_parquet(out / "samples.parquet")
    sides = samples.group_by("group").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 5


def test_one_class_is_not_enough(pictures, write_rows, out):
    with pytest.raises(DataError, match="has 1 class"):
        pictures.prepare(write_rows(**pictures.columns(pictures.pixels, ["cat"] * 20)), ImagesConfig(), out)


def test_numbered_classes_are_in_the_order_of_numbers(pictures, write_rows, out):
    table = write_rows(**pictures.columns(pictures.pixels, [str(index % 2 * 8 + 2) for index in range(20)]))

    assert pictures.prepare(table, ImagesConfig(), out).meta.classes == ("2", "10")


@pytest.mark.parametrize("names", [("2", "²"), ("--1", "1"), ("1.2.3", "1"), ("nan", "1")])
def test_classes_that_only_look_like_numbers_are_in_the_order_of_letters(pictures, write_rows, out, names):
    table = write_rows(**pictures.columns(pictures.pixels, list(names) * 10))

    assert pictures.prepare(table, ImagesConfig(), out).meta.classes == tuple(sorted(names))


def test_the_same_images_give_the_same_bytes(pictures, write_rows, tmp_path):
    table = write_rows(**pictures.columns([pictures.png(image[..., 0]) for image in pictures.pixels]))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        pictures.prepare(table, ImagesConfig(), tmp_path / name)

    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")
    )
    assert one == other


@pytest.mark.real
@pytest.mark.skipif(not FER.is_file(), reason="fer2013 of shared/datasets is not here")
def test_faces_keep_the_given_split_and_their_classes(pictures, write_rows, out):
    found = []
    with tarfile.open(FER) as archive:
        for member in islice((member for member in archive if member.isfile()), 0, None, 40):
            file = archive.extractfile(member)
            assert file is not None
            found.append((*Path(member.name).parts[-3:-1], file.read()))
    names = {"train": "train", "validation": "val", "test": "test"}
    table = pictures.columns([data for *_, data in found], [face for _, face, _ in found])
    table["split"] = [names[part] for part, *_ in found]
    config = ImagesConfig(height=24, width=24, split=SplitConfig(kind="given"))

    prepared = pictures.prepare(write_rows(**table), config, out)

    assert sum(prepared.meta.counts.values()) == len(found)
    assert len(prepared.meta.classes) == 7
    assert 0.1 < prepared.meta.offset[0] / 255 < 0.9
