"""Pixels keep their place in the steps, and are scaled by training alone."""

import numpy as np
import pytest

from pipeline.preprocessing.config import ImagesConfig, SplitConfig
from pipeline.preprocessing.media.images import as_steps


def test_each_way_to_make_steps_keeps_every_pixel_in_its_place(pictures):
    config = ImagesConfig(height=6, width=4, patch=2)
    first = pictures.pixels[0, :, :, 0]

    def steps(frames):
        return as_steps(pictures.pixels, config.model_copy(update={"frames": frames}))

    whole, rows, columns, patches = (steps(name) for name in ("whole", "rows", "columns", "patches"))

    assert [count for _, count in (whole, rows, columns, patches)] == [1, 6, 4, 6]
    assert np.array_equal(whole[0][0, 0], first)
    assert np.array_equal(rows[0][:6], first)
    assert np.array_equal(columns[0][:4], first.T)
    assert np.array_equal(patches[0][3, 0], first[2:4, 2:4])


@pytest.mark.parametrize("frames", ["rows", "whole"])
def test_a_moved_image_repeats_its_border(pictures, write_rows, out, frames):
    config = ImagesConfig(height=6, width=4, frames=frames, scale="none", shift=2)
    meta = pictures.prepare(write_rows(**pictures.columns(pictures.pixels)), config, out).meta
    train = pictures.reader(out, meta, "train")

    batch = train.inputs(np.array([0]), np.array([[2, -1]])).reshape(6, 4)

    image = pictures.pixels[train.ids[0], :, :, 0]
    assert np.array_equal(batch, np.pad(image, ((2, 0), (0, 1)), mode="edge")[:6, 1:])


@pytest.mark.parametrize("frames", ["whole", "rows", "columns", "patches"])
def test_pixels_are_scaled_by_training_images_only(pictures, write_rows, out, frames):
    config = ImagesConfig(height=6, width=4, frames=frames, patch=2)

    meta = pictures.prepare(write_rows(**pictures.columns(pictures.pixels)), config, out).meta

    train = pictures.pixels[np.load(out / "ids_train.npy")]
    assert meta.offset == pytest.approx([train.mean()] * len(meta.offset))
    assert meta.scale == pytest.approx([train.std()] * len(meta.scale))


def test_bands_are_scaled_on_their_own(pictures, write_rows, out):
    colour = np.random.default_rng(1).integers(0, 256, (20, 6, 4, 3), dtype=np.uint8)
    colour[..., 2] //= 10
    config = ImagesConfig(height=6, width=4, colour="rgb", frames="rows", scale="minmax")

    meta = pictures.prepare(write_rows(**pictures.columns(colour)), config, out).meta

    train = colour[np.load(out / "ids_train.npy")].reshape(-1, 3)
    assert meta.frame == (12,)
    assert meta.offset == tuple(np.repeat(train.min(axis=0), 4).tolist())
    assert meta.scale == tuple(np.repeat(train.max(axis=0) - train.min(axis=0), 4).tolist())


def test_val_and_test_do_not_change_the_scale(pictures, write_rows, tmp_path):
    split = ["train"] * 12 + ["val"] * 4 + ["test"] * 4
    other = np.concatenate([pictures.pixels[:12], 255 - pictures.pixels[12:] // 3])
    found = []
    for name, pixels in (("one", pictures.pixels), ("other", other)):
        (tmp_path / name).mkdir()
        table = write_rows(**pictures.columns(pixels, split=split))
        config = ImagesConfig(height=6, width=4, split=SplitConfig(kind="given"))
        meta = pictures.prepare(table, config, tmp_path / name).meta
        found.append((meta.offset, meta.scale))

    assert found[0] == found[1]
