"""Images, from files, bytes or arrays."""

import io
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .samples import Samples

Pixels = NDArray[np.uint8]
DAMAGE = (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError)
"""What Pillow raises of an image that it cannot decode."""

SIXTEEN = 2.0**16 - 1


def prepare(images: Sequence[Any], fitted: Mapping[str, Any]) -> Samples:
    """Bring images to the size and colour of training.

    Args:
        images: Paths, the bytes of image files, or arrays of uint8 ``(height, width)`` or ``(height, width, band)``.
        fitted: ``preprocessing.json``.
    """
    samples = Samples([], [])
    for place, image in enumerate(images):
        try:
            pixels = pixels_of(opened(image, fitted), fitted)
        except DAMAGE as error:
            samples.reasons[place] = f"cannot be decoded ({error})"
            continue
        samples.rows.append(place)
        samples.steps.append(scaled(_as_steps(pixels, fitted), fitted))
    return samples


def opened(image: Any, fitted: Mapping[str, Any]) -> Image.Image:
    """Return one image upright, opaque, with 8 bits."""
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8:
            raise ValueError(f"it is an array of {image.dtype}, wanted is uint8")
        return Image.fromarray(image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image)
    file = io.BytesIO(image) if isinstance(image, bytes) else Path(image)
    with Image.open(file) as found:
        if found.width * found.height > fitted["max_pixels"]:
            raise ValueError(f"it has {found.width * found.height:,} pixels")
        turned = ImageOps.exif_transpose(found)
        turned.load()
    if turned.mode == "LAB":
        turned = turned.convert("RGB")
    return _opaque(_eight_bits(turned, fitted["tones"]))


def _eight_bits(image: Image.Image, tones: Mapping[str, float] | None) -> Image.Image:
    """Return a deep image with 8 bits: what training calls black and white becomes 0 and 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, np.float64))
    black, white = (tones["black"], tones["white"]) if tones else _range(values, floats=image.mode == "F")
    shares = np.clip((values - black) / ((white - black) or 1.0), 0.0, 1.0)
    return Image.fromarray((shares * 255.0).round().astype(np.uint8))


def _range(values: NDArray[np.float64], *, floats: bool) -> tuple[float, float]:
    """Return black and white of a deep image where training had none."""
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= SIXTEEN and not floats:
        return 0.0, SIXTEEN
    if low < 0 or (floats and high > 255.0):
        return low, high
    if floats:
        return 0.0, 1.0 if high <= 1 else 255.0
    return 0.0, 2.0 ** max(int(high).bit_length(), 8) - 1


def _opaque(image: Image.Image) -> Image.Image:
    """Return an image with transparent parts on white paper."""
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La") and "transparency" not in image.info:
        return image
    coloured = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(coloured)
    return paper.convert("RGB")


def pixels_of(image: Image.Image, fitted: Mapping[str, Any]) -> Pixels:
    """Return an image as ``(band, height, width)``."""
    image = image.convert("L" if fitted["colour"] == "grey" else "RGB")
    size = (fitted["width"], fitted["height"])
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)


def _as_steps(pixels: Pixels, fitted: Mapping[str, Any]) -> Pixels:
    """Return ``(step, band·pixel)`` for rows and columns, ``(step, band, height, width)`` for images and patches."""
    bands, height, width = pixels.shape
    match fitted["frames"]:
        case "whole":
            return pixels[None]
        case "rows":
            return pixels.transpose(1, 0, 2).reshape(height, bands * width)
        case "columns":
            return pixels.transpose(2, 0, 1).reshape(width, bands * height)
        case _:
            side = fitted["patch"]
            tiles = pixels.reshape(bands, height // side, side, width // side, side)
            return tiles.transpose(1, 3, 0, 2, 4).reshape(-1, bands, side, side)


def scaled(steps: Pixels, fitted: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return pixels ``(step, …)`` as the network reads them."""
    shape = (-1, *[1] * (steps.ndim - 2))
    offset = np.array(fitted["offset"], np.float32).reshape(shape)
    factor = (1.0 / np.array(fitted["scale"], np.float32)).reshape(shape)
    made: NDArray[np.float32] = (steps.astype(np.float32) - offset) * factor
    return made
