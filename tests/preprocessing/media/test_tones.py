"""Deep images keep what is dark and what is bright."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.media.images import decoded


def test_twelve_bits_in_sixteen_do_not_come_out_dark(pictures, write_rows, out):
    rng = np.random.default_rng(3)
    deep = [rng.integers(0, 4096, (6, 4)).astype(np.uint16) for _ in range(20)]
    table = write_rows(**pictures.columns([pictures.png(values) for values in deep]))

    prepared = pictures.prepare(table, ImagesConfig(height=6, width=4, frames="rows"), out)

    expected = np.stack(deep) / 4095 * 255
    assert np.abs(np.load(out / "stream.npy").reshape(20, 6, 4) - expected).max() <= 0.5
    assert json.loads((out / "fitted.json").read_text()) == {"black": 0, "white": 4095}
    assert "hold 12 bits in training, so 4,095 is read as white" in prepared.notes[-1]


def test_how_many_bits_are_in_use_is_learnt_from_training(pictures, write_rows, out):
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    deep = [np.full((6, 4), 1000 if part == "train" else 60_000, np.uint16) for part in split]
    table = write_rows(**pictures.columns([pictures.png(values) for values in deep], split=split))
    config = ImagesConfig(height=6, width=4, split=SplitConfig(kind="given", duplicates="ignore"))

    pictures.prepare(table, config, out)

    stream = np.load(out / "stream.npy")
    assert stream[0].max() == round(1000 / 1023 * 255)
    assert stream[-1].min() == 255


def test_sixteen_bits_are_brought_down_to_eight_instead_of_cut_off():
    buffer = io.BytesIO()
    Image.fromarray(np.array([[0, 32_768], [65_535, 256]], np.uint16)).save(buffer, "PNG")
    row = {"encoding": "png", "image": buffer.getvalue()}

    pixels = decoded(row, ImagesConfig(height=2, width=2))

    assert pixels[..., 0].tolist() == [[0, 128], [255, 1]]


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
def test_dark_and_bright_deep_images_stay_apart(pictures, values, pixels):
    assert pictures.grey(Image.fromarray(values), "TIFF") == [[pixels, pixels]] * 2


def test_floats_beyond_a_byte_are_spread_out(pictures):
    values = np.array([[-1000, 0], [500, 1000]], np.float32)

    assert pictures.grey(Image.fromarray(values), "TIFF") == [[0, 128], [191, 255]]


@pytest.mark.parametrize(("scale", "black", "white"), [(0.5, 0, 1), (200, 0, 255), (3000, None, None)])
def test_floats_share_one_black_and_one_white_so_that_dark_images_stay_dark(
    pictures, write_rows, out, scale, black, white
):
    rng = np.random.default_rng(4)
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    floats = [(rng.random((6, 4)) * scale / (1 + index)).astype(np.float32) for index in range(20)]
    images = [pictures.png(values, "TIFF") for values in floats]
    config = ImagesConfig(
        height=6, width=4, frames="rows", split=SplitConfig(kind="given", duplicates="ignore")
    )

    prepared = pictures.prepare(write_rows(**pictures.columns(images, split=split)), config, out)

    train = np.stack(floats[:12])
    low, high = (train.min(), train.max()) if white is None else (black, white)
    expected = np.clip((np.stack(floats) - low) / (high - low), 0, 1) * 255
    assert np.abs(np.load(out / "stream.npy").reshape(20, 6, 4) - expected).max() <= 0.5
    assert "is read as black" in prepared.notes[-1]


def test_signed_numbers_go_from_the_least_to_the_greatest_of_training(pictures, write_rows, out):
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    values = [np.full((6, 4), -1000 if index % 2 else 3000, np.int32) for index in range(20)]
    values[19] = np.full((6, 4), 9000, np.int32)
    images = [pictures.png(own, "TIFF") for own in values]
    config = ImagesConfig(height=6, width=4, split=SplitConfig(kind="given", duplicates="ignore"))

    prepared = pictures.prepare(write_rows(**pictures.columns(images, split=split)), config, out)

    assert np.load(out / "stream.npy")[:, 0, 0, 0].tolist() == [255, 0] * 9 + [255, 255]
    assert "-1000 is read as black and 3000 as white" in prepared.notes[-1]


def test_twenty_bits_in_thirty_two_do_not_come_out_dark(pictures, write_rows, out):
    deep = [np.full((6, 4), 50_000 * (1 + index), np.int32) for index in range(20)]
    images = [pictures.png(values, "TIFF") for values in deep]

    config = ImagesConfig(height=6, width=4, split=SplitConfig(duplicates="ignore"))

    pictures.prepare(write_rows(**pictures.columns(images)), config, out)

    white = json.loads((out / "fitted.json").read_text())["white"]
    assert white == 2**20 - 1
    assert np.load(out / "stream.npy")[:, 0, 0, 0].tolist() == [round(255 * v.max() / white) for v in deep]
