"""Images as validate hands them over."""

import io
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.preprocessing.config import ImagesConfig
from pipeline.preprocessing.media.images import decoded
from pipeline.preprocessing.media.pictures import prepare_images
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.stream import SplitReader, StreamFiles

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 6, 4, 1), dtype=np.uint8)
ASKED = Question("classify")


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


def grey(image, kind="PNG", **how):
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    row = {"encoding": kind.lower(), "image": buffer.getvalue()}
    return decoded(row, ImagesConfig(height=2, width=2))[..., 0].tolist()


@pytest.fixture(scope="session")
def pictures():
    """The helpers of this file."""
    return SimpleNamespace(pixels=PIXELS, columns=columns, png=png, prepare=prepare, reader=reader, grey=grey)
