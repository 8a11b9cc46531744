"""An image is what it shows: upright, on paper, and refused where it cannot be decoded."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.media.images import decoded


def test_a_photo_turned_by_its_camera_is_turned_back():
    image = Image.fromarray(np.arange(8, dtype=np.uint8).reshape(2, 4) * 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)

    pixels = decoded({"encoding": "png", "image": buffer.getvalue()}, ImagesConfig(height=4, width=2))

    assert pixels[..., 0].tolist() == np.rot90(np.asarray(image), -1).tolist()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_black_glyph_on_nothing_is_black_on_white(pictures, mode):
    alpha = Image.fromarray(np.array([[255, 0], [0, 255]], np.uint8))
    glyph = Image.new(mode, (2, 2))
    glyph.putalpha(alpha)

    assert pictures.grey(glyph) == [[0, 255], [255, 0]]


def test_a_see_through_colour_of_a_palette_is_white(pictures):
    glyph = Image.new("P", (2, 2))
    glyph.putpalette([0, 0, 0, 10, 10, 10])
    glyph.putpixel((0, 0), 1)

    assert pictures.grey(glyph, transparency=0) == [[10, 255], [255, 255]]


@pytest.mark.parametrize("image", [b"no image", b"", None])
def test_an_image_that_cannot_be_decoded_is_named(pictures, write_rows, out, image):
    images = [pictures.png(image[..., 0]) for image in pictures.pixels]
    table = pictures.columns(images)
    table["image"] = pl.Series([*images[:7], image, *images[8:]], dtype=pl.Binary)

    with pytest.raises(DataError, match="the image row 7 cannot be decoded"):
        pictures.prepare(write_rows(**table), ImagesConfig(), out)


def test_a_cut_off_image_is_named(pictures, write_rows, out):
    images = [pictures.png(np.tile(image[..., 0], (20, 20))) for image in pictures.pixels]
    table = pictures.columns([*images[:7], images[7][: len(images[7]) // 2], *images[8:]])

    with pytest.raises(DataError, match="the image row 7 cannot be decoded"):
        pictures.prepare(write_rows(**table), ImagesConfig(), out)


def test_an_image_is_refused_with_what_ingest_said_of_it(pictures, write_rows, out):
    images = [pictures.png(image[..., 0]) for image in pictures.pixels]
    table = pictures.columns(images)
    table["image"] = pl.Series([*images[:7], None, *images[8:]], dtype=pl.Binary)
    table["defect"] = pl.Series([None] * 7 + ["has no light"] + [None] * 12, dtype=pl.String)

    with pytest.raises(DataError, match=r"the image row 7 cannot be decoded \(has no light\)"):
        pictures.prepare(write_rows(**table), ImagesConfig(), out)


@pytest.mark.parametrize("colour", ["grey", "rgb"])
@pytest.mark.parametrize("mode", ["LAB", "CMYK", "YCbCr"])
def test_other_colours_are_those_that_a_person_sees(mode, colour):
    red = Image.new("RGB", (2, 2), (200, 30, 40))
    buffer = io.BytesIO()
    red.convert(mode).save(buffer, "TIFF")
    config = ImagesConfig(height=2, width=2, colour=colour)

    pixels = decoded({"encoding": "tiff", "image": buffer.getvalue()}, config)

    wanted = np.asarray(red if colour == "rgb" else red.convert("L")).reshape(2, 2, -1)
    assert np.abs(pixels.astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("shape", [(1, 1), (2, 20_000), (20_000, 2)])
def test_an_image_of_any_shape_becomes_the_size_that_is_wanted(pictures, shape):
    image = pictures.png(np.full(shape, 77, np.uint8))

    pixels = decoded({"encoding": "png", "image": image}, ImagesConfig(height=8, width=8))

    assert (pixels.shape, pixels.min(), pixels.max()) == ((8, 8, 1), 77, 77)


def test_what_is_known_of_an_image_lies_beside_it(pictures, write_rows, out):
    sexes = [("f", "m")[index % 2] for index in range(20)]
    config = ImagesConfig(height=6, width=4, static=("sex",), split=SplitConfig(duplicates="ignore"))

    meta = pictures.prepare(write_rows(**pictures.columns(pictures.pixels, sex=sexes)), config, out).meta

    assert sorted(meta.static) == ["sex=f", "sex=m"]
    for split in meta.counts:
        hot = np.load(out / f"static_{split}.npy")
        told = [meta.static[place] for place in hot.argmax(axis=1)]
        assert told == [f"sex={sexes[row]}" for row in np.load(out / f"ids_{split}.npy")]
        assert (hot.sum(axis=1) == 1).all()
