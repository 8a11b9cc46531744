"""From image bytes to pixels of one size."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.preprocessing.config_media import ClipsConfig, ImagesConfig
from pipeline.preprocessing.media.tones import SHALLOW, Tones, eight_bits, range_of

Pixels = NDArray[np.uint8]
Ints = NDArray[np.int64]
MODES = {"grey": "L", "rgb": "RGB"}
BANDS = {"grey": ("grey",), "rgb": ("red", "green", "blue")}
PictureConfig = ImagesConfig | ClipsConfig
"""What says how large, and in what colour."""


def opened(
    row: Mapping[str, Any], tones: Tones | None = None
) -> tuple[Image.Image, tuple[float, float, float]]:
    """Return one image upright, opaque, with 8 bits; and its row of ``Ranges``.

    Args:
        row: ``image``, ``encoding``, ``height``, ``width``, ``bands`` as ingest wrote them.
        tones: Black and white of a deep image; None: by itself.
    """
    if row["encoding"] == "raw":
        pixels = raw_pixels(row)
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels), SHALLOW
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(row["image"])))
        if image.mode == "LAB":
            image = image.convert("RGB")  # the only way from there to grey
        return opaque(eight_bits(image, tones)), range_of(image)


def raw_pixels(row: Mapping[str, Any]) -> Pixels:
    """Return pixels as they lie, shape ``(height, width, band)``."""
    return np.frombuffer(row["image"], np.uint8).reshape(row["height"], row["width"], row["bands"])


def decoded(row: Mapping[str, Any], config: PictureConfig, tones: Tones | None = None) -> Pixels:
    """Return one image as uint8 of shape ``(height, width, band)``, resized if need be.

    Args:
        row: As :func:`opened` reads it.
        config: Wanted size and colour.
        tones: As in :func:`opened`.
    """
    return resized(opened(row, tones)[0], config)


def resized(image: Image.Image, config: PictureConfig) -> Pixels:
    """Return an image as uint8 of shape ``(height, width, band)``, in the size and colour wanted."""
    image = image.convert(MODES[config.colour])
    if image.size != (config.width, config.height):
        image = image.resize((config.width, config.height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


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
