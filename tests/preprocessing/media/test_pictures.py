"""Images become steps without losing or inventing a pixel."""

import io
import json
import tarfile
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.media import decoding
from pipeline.preprocessing.media.images import as_steps, decoded
from pipeline.preprocessing.media.pictures import prepare_images
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import SplitReader, StreamFiles

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 6, 4, 1), dtype=np.uint8)
ASKED = Question("classify")
FER = Path(__file__).parents[4] / "shared" / "datasets" / "fer2013" / "fer2013_subset.tar"


def columns(images, targets=None, **more):
    """Columns of raw pixels (an array), or of encoded files (a list of bytes)."""
    count = len(images)
    raw = not isinstance(images[0], bytes)
    height, width, bands = images[0].shape if raw else (6, 4, 1)
    return {
        "group": [f"p{index % 5}" for index in range(count)],
        "height": pl.Series([height] * count, dtype=pl.Int32),
        "width": pl.Series([width] * count, dtype=pl.Int32),
        "bands": pl.Series([bands] * count, dtype=pl.Int32),
        "encoding": ["raw" if raw else "png"] * count,
        "image": [image.tobytes() if raw else image for image in images],
        "defect": pl.Series([None] * count, dtype=pl.String),
        "target": targets or (["cat", "dog"] * count)[:count],
        **more,
    }


def png(values, kind="PNG", **how):
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, kind, **how)
    return buffer.getvalue()


def prepare(table, config, out, question=ASKED, seed=0):
    return prepare_images(table, config, question, out, seed=seed, threads=2)


def reader(out, meta, split):
    names = ("stream", f"starts_{split}", f"ids_{split}", f"targets_{split}")
    return SplitReader(StreamFiles(*(out / f"{name}.npy" for name in names)), meta, split)


def test_each_way_to_make_steps_keeps_every_pixel_in_its_place():
    config = ImagesConfig(height=6, width=4, patch=2)
    first = PIXELS[0, :, :, 0]

    def steps(frames):
        return as_steps(PIXELS, config.model_copy(update={"frames": frames}))

    whole, rows, columns, patches = (steps(name) for name in ("whole", "rows", "columns", "patches"))

    assert [count for _, count in (whole, rows, columns, patches)] == [1, 6, 4, 6]
    assert np.array_equal(whole[0][0, 0], first)
    assert np.array_equal(rows[0][:6], first)
    assert np.array_equal(columns[0][:4], first.T)
    assert np.array_equal(patches[0][3, 0], first[2:4, 2:4])


def test_a_reader_gives_the_scaled_pixels_of_its_split(write_rows, out):
    config = ImagesConfig(height=6, width=4, frames="rows")

    meta = prepare(write_rows(**columns(PIXELS)), config, out).meta
    test = reader(out, meta, "test")
    batch = test.inputs(np.arange(len(test)))

    expected = (PIXELS[test.ids, :, :, 0] - meta.offset[0]) / meta.scale[0]
    assert batch.dtype == np.float32
    assert np.allclose(batch, expected, atol=1e-5)
    assert meta.classes == ("cat", "dog")
    assert test.targets(np.arange(len(test))).tolist() == (test.ids % 2).tolist()


@pytest.mark.parametrize("frames", ["rows", "whole"])
def test_a_moved_image_repeats_its_border(write_rows, out, frames):
    config = ImagesConfig(height=6, width=4, frames=frames, scale="none", shift=2)
    meta = prepare(write_rows(**columns(PIXELS)), config, out).meta
    train = reader(out, meta, "train")

    batch = train.inputs(np.array([0]), np.array([[2, -1]])).reshape(6, 4)

    image = PIXELS[train.ids[0], :, :, 0]
    assert np.array_equal(batch, np.pad(image, ((2, 0), (0, 1)), mode="edge")[:6, 1:])


@pytest.mark.parametrize("frames", ["whole", "rows", "columns", "patches"])
def test_pixels_are_scaled_by_training_images_only(write_rows, out, frames):
    config = ImagesConfig(height=6, width=4, frames=frames, patch=2)

    meta = prepare(write_rows(**columns(PIXELS)), config, out).meta

    train = PIXELS[np.load(out / "ids_train.npy")]
    assert meta.offset == pytest.approx([train.mean()] * len(meta.offset))
    assert meta.scale == pytest.approx([train.std()] * len(meta.scale))


def test_bands_are_scaled_on_their_own(write_rows, out):
    colour = np.random.default_rng(1).integers(0, 256, (20, 6, 4, 3), dtype=np.uint8)
    colour[..., 2] //= 10
    config = ImagesConfig(height=6, width=4, colour="rgb", frames="rows", scale="minmax")

    meta = prepare(write_rows(**columns(colour)), config, out).meta

    train = colour[np.load(out / "ids_train.npy")].reshape(-1, 3)
    assert meta.frame == (12,)
    assert meta.offset == tuple(np.repeat(train.min(axis=0), 4).tolist())
    assert meta.scale == tuple(np.repeat(train.max(axis=0) - train.min(axis=0), 4).tolist())


def test_val_and_test_do_not_change_the_scale(write_rows, tmp_path):
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    other = np.concatenate([PIXELS[:12], 255 - PIXELS[12:] // 3])
    found = []
    for name, pixels in (("one", PIXELS), ("other", other)):
        (tmp_path / name).mkdir()
        table = write_rows(**columns(pixels, split=split))
        config = ImagesConfig(height=6, width=4, split=SplitConfig(kind="given"))
        meta = prepare(table, config, tmp_path / name).meta
        found.append((meta.offset, meta.scale))

    assert found[0] == found[1]


def test_images_of_many_pieces_are_read_in_their_order(write_rows, out, monkeypatch):
    monkeypatch.setattr(decoding, "MOST_BYTES", 100)  # four images at a time
    images = [png(image[..., 0]) for image in PIXELS]

    prepare(write_rows(**columns(images)), ImagesConfig(height=6, width=4, frames="rows"), out)

    assert np.array_equal(np.load(out / "stream.npy").reshape(20, 6, 4), PIXELS[..., 0])


def test_several_labels_and_numbers_can_be_asked_of_an_image(write_rows, tmp_path):
    for name in ("labels", "number"):
        (tmp_path / name).mkdir()
    labels = write_rows("labels.parquet", **columns(PIXELS, ["a,b", "b"] * 10))
    numbers = write_rows("numbers.parquet", **columns(PIXELS, [str(index / 2) for index in range(20)]))

    several = prepare(labels, ImagesConfig(), tmp_path / "labels", Question("multilabel"))
    number = prepare(numbers, ImagesConfig(), tmp_path / "number", Question("regress"))

    assert several.meta.classes == ("a", "b")
    assert np.load(tmp_path / "labels" / "targets_train.npy").shape[1] == 2
    scaled, ids = (np.load(tmp_path / "number" / f"{name}_train.npy") for name in ("targets", "ids"))
    assert np.allclose(
        scaled[:, 0] * number.meta.target_scale + number.meta.target_offset, ids / 2, atol=1e-5
    )


def test_images_with_times_can_be_divided_by_time(write_rows, out):
    times = pl.Series(range(20)).cast(pl.Datetime("us"))[::-1]
    config = ImagesConfig(split=SplitConfig(kind="time", val=0.2, test=0.2))

    prepare(write_rows(**columns(PIXELS, time=times)), config, out)

    assert np.load(out / "ids_test.npy").tolist() == [0, 1, 2, 3]
    assert np.load(out / "ids_train.npy").tolist() == list(range(8, 20))


def test_copies_of_an_image_are_on_one_side(write_rows, out):
    rng = np.random.default_rng(2)
    images = [rng.integers(0, 256, (16, 16), dtype=np.uint8) for _ in range(30)]
    images += [(images[0] * 0.8).astype(np.uint8)] * 5  # darker copies
    table = write_rows(**columns([png(image) for image in images]))

    prepare(table, ImagesConfig(height=16, width=16), out, seed=5)

    sides = pl.read_parquet(out / "samples.parquet").sort("sample_id")["split"].to_list()
    assert len({sides[0], *sides[30:]}) == 1


def test_twelve_bits_in_sixteen_do_not_come_out_dark(write_rows, out):
    rng = np.random.default_rng(3)
    deep = [rng.integers(0, 4096, (6, 4)).astype(np.uint16) for _ in range(20)]
    table = write_rows(**columns([png(values) for values in deep]))

    prepared = prepare(table, ImagesConfig(height=6, width=4, frames="rows"), out)

    expected = np.stack(deep) / 4095 * 255
    assert np.abs(np.load(out / "stream.npy").reshape(20, 6, 4) - expected).max() <= 0.5
    assert json.loads((out / "fitted.json").read_text()) == {"white": 4095}
    assert "hold 12 bits in training, so 4,095 is read as white" in prepared.notes[-1]


def test_how_many_bits_are_in_use_is_learnt_from_training(write_rows, out):
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    deep = [np.full((6, 4), 1000 if part == "train" else 60_000, np.uint16) for part in split]
    table = write_rows(**columns([png(values) for values in deep], split=split))
    config = ImagesConfig(height=6, width=4, split=SplitConfig(kind="given", duplicates="ignore"))

    prepare(table, config, out)

    stream = np.load(out / "stream.npy")
    assert stream[0].max() == round(1000 / 1023 * 255)
    assert stream[-1].min() == 255


@pytest.mark.parametrize("image", [b"no image", b"", None])
def test_an_image_that_cannot_be_decoded_is_named(write_rows, out, image):
    images = [png(image[..., 0]) for image in PIXELS]
    table = columns(images)
    table["image"] = pl.Series([*images[:7], image, *images[8:]], dtype=pl.Binary)

    with pytest.raises(DataError, match="the image row 7 cannot be decoded"):
        prepare(write_rows(**table), ImagesConfig(), out)


def test_a_cut_off_image_is_named(write_rows, out):
    images = [png(np.tile(image[..., 0], (20, 20))) for image in PIXELS]
    table = columns([*images[:7], images[7][: len(images[7]) // 2], *images[8:]])

    with pytest.raises(DataError, match="the image row 7 cannot be decoded"):
        prepare(write_rows(**table), ImagesConfig(), out)


def test_sixteen_bits_are_brought_down_to_eight_instead_of_cut_off():
    buffer = io.BytesIO()
    Image.fromarray(np.array([[0, 32_768], [65_535, 256]], np.uint16)).save(buffer, "PNG")
    row = {"encoding": "png", "image": buffer.getvalue()}

    pixels = decoded(row, ImagesConfig(height=2, width=2))

    assert pixels[..., 0].tolist() == [[0, 128], [255, 1]]


def test_a_photo_turned_by_its_camera_is_turned_back():
    image = Image.fromarray(np.arange(8, dtype=np.uint8).reshape(2, 4) * 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)

    pixels = decoded({"encoding": "png", "image": buffer.getvalue()}, ImagesConfig(height=4, width=2))

    assert pixels[..., 0].tolist() == np.rot90(np.asarray(image), -1).tolist()


def test_patients_stay_on_one_side(write_rows, out):
    prepare(write_rows(**columns(PIXELS)), ImagesConfig(split=SplitConfig(kind="group")), out)

    samples = pl.read_parquet(out / "samples.parquet")
    sides = samples.group_by("group").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 5


def test_one_class_is_not_enough(write_rows, out):
    with pytest.raises(DataError, match="has 1 class"):
        prepare(write_rows(**columns(PIXELS, ["cat"] * 20)), ImagesConfig(), out)


def test_numbered_classes_are_in_the_order_of_numbers(write_rows, out):
    table = write_rows(**columns(PIXELS, [str(index % 2 * 8 + 2) for index in range(20)]))

    assert prepare(table, ImagesConfig(), out).meta.classes == ("2", "10")


@pytest.mark.parametrize("names", [("2", "²"), ("--1", "1"), ("1.2.3", "1"), ("nan", "1")])
def test_classes_that_only_look_like_numbers_are_in_the_order_of_letters(write_rows, out, names):
    table = write_rows(**columns(PIXELS, list(names) * 10))

    assert prepare(table, ImagesConfig(), out).meta.classes == tuple(sorted(names))


def test_the_same_images_give_the_same_bytes(write_rows, tmp_path):
    table = write_rows(**columns([png(image[..., 0]) for image in PIXELS]))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        prepare(table, ImagesConfig(), tmp_path / name)

    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")
    )
    assert one == other


@pytest.mark.real
@pytest.mark.skipif(not FER.is_file(), reason="fer2013 of shared/datasets is not here")
def test_faces_keep_the_given_split_and_their_classes(write_rows, out):
    found = []
    with tarfile.open(FER) as archive:
        for member in islice((member for member in archive if member.isfile()), 0, None, 40):
            file = archive.extractfile(member)
            assert file is not None
            found.append((*Path(member.name).parts[-3:-1], file.read()))
    names = {"train": "train", "validation": "val", "test": "test"}
    table = columns([data for *_, data in found], [face for _, face, _ in found])
    table["split"] = [names[part] for part, *_ in found]
    config = ImagesConfig(height=24, width=24, split=SplitConfig(kind="given"))

    prepared = prepare(write_rows(**table), config, out)

    assert sum(prepared.meta.counts.values()) == len(found)
    assert len(prepared.meta.classes) == 7
    assert 0.1 < prepared.meta.offset[0] / 255 < 0.9


def grey(image, kind="PNG", **how):
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    row = {"encoding": kind.lower(), "image": buffer.getvalue()}
    return decoded(row, ImagesConfig(height=2, width=2))[..., 0].tolist()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_black_glyph_on_nothing_is_black_on_white(mode):
    alpha = Image.fromarray(np.array([[255, 0], [0, 255]], np.uint8))
    glyph = Image.new(mode, (2, 2))
    glyph.putalpha(alpha)

    assert grey(glyph) == [[0, 255], [255, 0]]


def test_a_see_through_colour_of_a_palette_is_white():
    glyph = Image.new("P", (2, 2))
    glyph.putpalette([0, 0, 0, 10, 10, 10])
    glyph.putpixel((0, 0), 1)

    assert grey(glyph, transparency=0) == [[10, 255], [255, 255]]


@pytest.mark.parametrize(
    ("values", "pixels"),
    [
        (np.full((2, 2), 257, np.int32), 1),
        (np.full((2, 2), 51_400, np.int32), 200),
        (np.full((2, 2), 0.2, np.float32), 51),
        (np.full((2, 2), 0.8, np.float32), 204),
        (np.full((2, 2), 40, np.float32), 40),
    ],
)
def test_dark_and_bright_deep_images_stay_apart(values, pixels):
    assert grey(Image.fromarray(values), "TIFF") == [[pixels, pixels]] * 2


def test_floats_beyond_a_byte_are_spread_out():
    values = np.array([[-1000, 0], [500, 1000]], np.float32)

    assert grey(Image.fromarray(values), "TIFF") == [[0, 128], [191, 255]]


def test_what_is_known_of_an_image_lies_beside_it(write_rows, out):
    sexes = [("f", "m")[index % 2] for index in range(20)]
    config = ImagesConfig(height=6, width=4, static=("sex",), split=SplitConfig(duplicates="ignore"))

    meta = prepare(write_rows(**columns(PIXELS, sex=sexes)), config, out).meta

    assert sorted(meta.static) == ["sex=f", "sex=m"]
    for split in meta.counts:
        hot = np.load(out / f"static_{split}.npy")
        told = [meta.static[place] for place in hot.argmax(axis=1)]
        assert told == [f"sex={sexes[row]}" for row in np.load(out / f"ids_{split}.npy")]
        assert (hot.sum(axis=1) == 1).all()
