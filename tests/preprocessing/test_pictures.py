"""Images become steps without losing or inventing a pixel."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.images import as_steps, decoded
from pipeline.preprocessing.pictures import prepare_images
from pipeline.preprocessing.stream import SplitReader, StreamFiles

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 6, 4, 1), dtype=np.uint8)


def table(pixels, targets, encoding="raw"):
    count, height, width, bands = pixels.shape
    return pl.DataFrame(
        {
            "sample_id": np.arange(count),
            "group": [f"p{index % 5}" for index in range(count)],
            "time": pl.Series([None] * count, dtype=pl.Datetime("us")),
            "split": pl.Series([None] * count, dtype=pl.String),
            "origin": [str(index) for index in range(count)],
            "height": [height] * count,
            "width": [width] * count,
            "bands": [bands] * count,
            "encoding": [encoding] * count,
            "image": [image.tobytes() for image in pixels],
            "target": targets,
        }
    )


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


def test_a_reader_gives_the_scaled_pixels_of_its_split(tmp_path):
    frame = table(PIXELS, ["cat", "dog"] * 10)
    prepared = prepare_images(frame, ImagesConfig(height=6, width=4, frames="rows"), seed=0, threads=2)
    paths = {name: tmp_path / f"{name}.npy" for name in ("stream", "starts", "ids", "targets")}
    arrays = (prepared.stream, prepared.starts["test"], prepared.ids["test"], prepared.targets["test"])
    for path, array in zip(paths.values(), arrays, strict=True):
        np.save(path, array)

    reader = SplitReader(StreamFiles(**paths), prepared.meta, "test")
    batch = reader.inputs(np.arange(len(reader)))

    expected = (PIXELS[prepared.ids["test"], :, :, 0] - prepared.meta.offset[0]) / prepared.meta.scale[0]
    assert batch.dtype == np.float32
    assert np.allclose(batch, expected, atol=1e-5)


@pytest.mark.parametrize("frames", ["rows", "whole"])
def test_a_moved_image_repeats_its_border(tmp_path, frames):
    frame = table(PIXELS, ["cat", "dog"] * 10)
    config = ImagesConfig(height=6, width=4, frames=frames, scale="none", shift=2)
    prepared = prepare_images(frame, config, seed=0, threads=1)
    for name, array in (
        ("stream", prepared.stream),
        ("starts", prepared.starts["train"]),
        ("ids", prepared.ids["train"]),
    ):
        np.save(tmp_path / f"{name}.npy", array)
    files = StreamFiles(tmp_path / "stream.npy", tmp_path / "starts.npy", tmp_path / "ids.npy", None)

    batch = (
        SplitReader(files, prepared.meta, "train").inputs(np.array([0]), np.array([[2, -1]])).reshape(6, 4)
    )

    image = PIXELS[prepared.ids["train"][0], :, :, 0]
    assert np.array_equal(batch, np.pad(image, ((2, 0), (0, 1)), mode="edge")[:6, 1:])


def test_pixels_are_scaled_by_training_images_only():
    frame = table(PIXELS, ["cat", "dog"] * 10)
    prepared = prepare_images(frame, ImagesConfig(height=6, width=4), seed=0, threads=1)

    train = PIXELS[prepared.ids["train"]]
    assert prepared.meta.offset[0] == pytest.approx(train.mean())
    assert prepared.meta.scale[0] == pytest.approx(train.std())


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


def test_patients_stay_on_one_side():
    frame = table(PIXELS, ["cat", "dog"] * 10)
    prepared = prepare_images(frame, ImagesConfig(split=SplitConfig(kind="group")), seed=0, threads=1)

    sides = prepared.samples.group_by("group").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 5


def test_one_class_is_not_enough():
    with pytest.raises(DataError, match="has 1 class"):
        prepare_images(table(PIXELS, ["cat"] * 20), ImagesConfig(), seed=0, threads=1)


def test_numbered_classes_are_in_the_order_of_numbers():
    frame = table(PIXELS, [str(index % 2 * 8 + 2) for index in range(20)])

    assert prepare_images(frame, ImagesConfig(), seed=0, threads=1).meta.classes == ("2", "10")


@pytest.mark.parametrize("names", [("2", "²"), ("--1", "1"), ("1.2.3", "1"), ("nan", "1")])
def test_classes_that_only_look_like_numbers_are_in_the_order_of_letters(names):
    frame = table(PIXELS, list(names) * 10)

    assert prepare_images(frame, ImagesConfig(), seed=0, threads=1).meta.classes == tuple(sorted(names))


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
