"""From image bytes to pixels of one size."""

import io
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.preprocessing.config import ImagesConfig

Pixels = NDArray[np.uint8]
BYTE = 255.0
MODES = {"grey": "L", "rgb": "RGB"}


def decoded(row: Mapping[str, Any], config: ImagesConfig) -> Pixels:
    """Return one image as uint8 of shape ``(height, width, band)``, resized if need be.

    Args:
        row: ``image``, ``encoding``, ``height``, ``width``, ``bands`` as ingest wrote them.
        config: Wanted size and colour.
    """
    if row["encoding"] == "raw":
        shape = (row["height"], row["width"], row["bands"])
        pixels = np.frombuffer(row["image"], np.uint8).reshape(shape)
        bands = 1 if config.colour == "grey" else 3
        if shape == (config.height, config.width, bands):
            return pixels
        image = Image.fromarray(pixels[..., 0] if shape[2] == 1 else pixels)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = opaque(eight_bits(ImageOps.exif_transpose(Image.open(io.BytesIO(row["image"])))))
    image = image.convert(MODES[config.colour])
    if image.size != (config.width, config.height):
        image = image.resize((config.width, config.height), Image.Resampling.BILINEAR)
    resized = np.asarray(image, np.uint8)
    return resized[..., None] if resized.ndim == 2 else resized


def eight_bits(image: Image.Image) -> Image.Image:
    """Return a deep image (16 or 32 bits, floats) with its range mapped to 0–255; others as they are.

    Pillow would cut off everything above 255. Whole numbers are divided by what their depth can hold, so that dark
    images stay darker than bright ones; 12 bits stored in 16 come out dark, which scaling evens out. Floats are
    taken as 0–1 or 0–255 where they lie within; else nothing says what white is, and each image is spread out.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, np.float64))
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I"):
        low, high = _depth(low, high)
    elif low >= 0 and high <= BYTE:
        low, high = 0.0, 1.0 if high <= 1 else BYTE
    spread = (high - low) or 1.0
    return Image.fromarray(((values - low) / spread * BYTE).round().astype(np.uint8))


def _depth(low: float, high: float) -> tuple[float, float]:
    """Return the least and greatest value of the whole numbers that hold ``low`` to ``high``: 16 bits, or 32."""
    if low >= 0:
        return (0.0, 2.0**16 - 1) if high < 2**16 else (0.0, 2.0**31 - 1)
    return (-(2.0**15), 2.0**15 - 1) if low >= -(2**15) and high < 2**15 else (-(2.0**31), 2.0**31 - 1)


def opaque(image: Image.Image) -> Image.Image:
    """Return an image with transparent parts on white paper: Pillow would drop the transparency, shapes and all."""
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La") and "transparency" not in image.info:
        return image
    coloured = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(coloured)
    return paper.convert("RGB")


def decode_all(rows: Iterable[Mapping[str, Any]], out: Pixels, config: ImagesConfig, threads: int) -> None:
    """Decode ``rows`` into ``out`` of shape ``(sample, height, width, band)``; Pillow frees the interpreter."""
    with ThreadPoolExecutor(threads) as pool:
        for index, pixels in enumerate(pool.map(lambda row: decoded(row, config), rows)):
            out[index] = pixels


def as_steps(pixels: Pixels, config: ImagesConfig) -> tuple[Pixels, int]:
    """Return images as rows of a stream and the number of steps per image.

    Args:
        pixels: Shape ``(sample, height, width, band)``.
        config: ``frames`` says what one step holds.

    Returns:
        ``(sample·step, width·band)`` for rows, ``(sample·step, height·band)`` for columns, each band after band;
        ``(sample·step, band, height, width)`` for whole images and patches. And the steps of one sample.
    """
    count, height, width, bands = pixels.shape
    moved = np.moveaxis(pixels, -1, 1)  # (N, C, H, W)
    match config.frames:
        case "whole":
            return moved, 1
        case "rows":
            return moved.transpose(0, 2, 1, 3).reshape(count * height, bands * width), height
        case "columns":
            return moved.transpose(0, 3, 1, 2).reshape(count * width, bands * height), width
        case "patches":
            side = config.patch
            down, across = height // side, width // side
            tiles = moved.reshape(count, bands, down, side, across, side)
            tiles = tiles.transpose(0, 2, 4, 1, 3, 5)  # (N, down, across, C, side, side)
            return tiles.reshape(count * down * across, bands, side, side), down * across
