"""From image bytes to pixels of one size."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.preprocessing.config_media import ClipsConfig, ImagesConfig

Pixels = NDArray[np.uint8]
Ints = NDArray[np.int64]
BYTE = 255.0
MODES = {"grey": "L", "rgb": "RGB"}
BANDS = {"grey": ("grey",), "rgb": ("red", "green", "blue")}
PictureConfig = ImagesConfig | ClipsConfig
"""What says how large, and in what colour."""


def opened(row: Mapping[str, Any], white: int | None = None) -> tuple[Image.Image, int]:
    """Return one image upright, opaque, with 8 bits; and the greatest value of a deep one (0 where it was not).

    Args:
        row: ``image``, ``encoding``, ``height``, ``width``, ``bands`` as ingest wrote them.
        white: Value of a deep image that becomes 255; None: what its depth can hold.
    """
    if row["encoding"] == "raw":
        pixels = raw_pixels(row)
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(row["image"])))
        peak = max(int(image.getextrema()[1]), 1) if image.mode.startswith("I") else 0  # type: ignore[arg-type]
        return opaque(eight_bits(image, white)), peak


def raw_pixels(row: Mapping[str, Any]) -> Pixels:
    """Return pixels as they lie, shape ``(height, width, band)``."""
    return np.frombuffer(row["image"], np.uint8).reshape(row["height"], row["width"], row["bands"])


def decoded(row: Mapping[str, Any], config: PictureConfig, white: int | None = None) -> Pixels:
    """Return one image as uint8 of shape ``(height, width, band)``, resized if need be.

    Args:
        row: As :func:`opened` reads it.
        config: Wanted size and colour.
        white: As in :func:`opened`.
    """
    return resized(opened(row, white)[0], config)


def resized(image: Image.Image, config: PictureConfig) -> Pixels:
    """Return an image as uint8 of shape ``(height, width, band)``, in the size and colour wanted."""
    image = image.convert(MODES[config.colour])
    if image.size != (config.width, config.height):
        image = image.resize((config.width, config.height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def eight_bits(image: Image.Image, white: int | None = None) -> Image.Image:
    """Return a deep image (16 or 32 bits, floats) with its range mapped to 0–255; others as they are.

    Pillow would cut off everything above 255. Whole numbers are divided by what their depth can hold, or by ``white``
    where the depth in use is known, so that dark images stay darker than bright ones. Floats are taken as 0–1 or
    0–255 where they lie within; else nothing says what white is, and each image is spread out.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, np.float64))
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I"):
        low, high = _depth(low, high) if white is None or low < 0 else (0.0, float(white))
    elif low >= 0 and high <= BYTE:
        low, high = 0.0, 1.0 if high <= 1 else BYTE
    spread = (high - low) or 1.0
    shares = np.clip((values - low) / spread, 0.0, 1.0)
    return Image.fromarray((shares * BYTE).round().astype(np.uint8))


def white_of(peaks: Ints) -> int | None:
    """Return the value that stands for white in deep images: what the bits in use can hold.

    Cameras and scanners with 10, 12 or 14 bits store them in 16; read as 16 bits they would be nearly black. All
    images share one white, so that dark ones stay dark.

    Args:
        peaks: Greatest value of each training image, 0 where it has 8 bits anyway.

    Returns:
        2ᵇ − 1 for the least b that holds every peak; None where no image is deep, or all 16 bits are in use.
    """
    greatest = int(peaks.max(initial=0))
    bits = max(greatest.bit_length(), 8)
    return 2**bits - 1 if greatest and bits < 16 else None


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


def as_steps(pixels: Pixels, config: PictureConfig) -> tuple[Pixels, int]:
    """Return images as rows of a stream and the number of steps per image.

    Args:
        pixels: Shape ``(sample, height, width, band)``.
        config: ``frames`` says what one step of an image holds; of a clip it is a whole image.

    Returns:
        ``(sample·step, width·band)`` for rows, ``(sample·step, height·band)`` for columns, each band after band;
        ``(sample·step, band, height, width)`` for whole images and patches. And the steps of one sample.
    """
    count, height, width, bands = pixels.shape
    moved = np.moveaxis(pixels, -1, 1)  # (N, C, H, W)
    if isinstance(config, ClipsConfig):
        return moved, 1
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
