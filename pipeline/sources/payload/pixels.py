"""Images as table rows: arrays of pixels, and files as they are."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.foundation.errors import DataError
from pipeline.sources.base import IMAGE
from pipeline.sources.payload.gather import Row, Schema
from pipeline.sources.payload.losses import losses, raw_mode, unreadable

IMAGES: Schema = {"origin": IMAGE["target"], "group": IMAGE["target"], "split": IMAGE["target"], **IMAGE}
"""Columns of the batches of images."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
NUMBERED = re.compile(r"^\[Errno \d+\] ")
MOST_PIXELS = 50_000_000
BYTES_PER_PIXEL = 16
HEADER_BYTES = 1_000_000
ONE_BAND = ("1", "L", "I", "F", "I;16", "LA")
Picture = tuple[int | None, int | None, int | None, str | None, bytes | None, str | None]
"""Height, width, bands, encoding, content and defect."""


def broken(reason: str) -> Picture:
    """Return what stands in the place of a picture that cannot be read."""
    return None, None, None, None, None, reason


def raw(pixels: NDArray[np.uint8]) -> Picture:
    """Return an array of shape ``(height, width)`` or ``(height, width, band)`` as a picture."""
    height, width = pixels.shape[:2]
    bands = pixels.shape[2] if pixels.ndim == 3 else 1
    return height, width, bands, "raw", np.ascontiguousarray(pixels).tobytes(), None


def require_images(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Refuse arrays that are no 8-bit images with 1 or 3 bands.

    Raises:
        DataError: As said.
    """
    bands = shape[3] if len(shape) == 4 else 1
    if len(shape) not in (3, 4) or dtype != np.uint8 or bands not in (1, 3):
        raise DataError(
            f"{name}: images are wanted as uint8 of shape (sample, height, width[, 1 or 3]), and the array is "
            f"{dtype} of shape {shape}"
        )
    if 0 in shape:
        raise DataError(f"{name} has shape {shape}, and so not one pixel")
    if shape[1] * shape[2] > MOST_PIXELS:
        raise DataError(f"{name} claims images of {shape[1]}x{shape[2]} pixels, more than {MOST_PIXELS:,}")


def pixel_rows(
    images: NDArray[np.uint8], targets: Sequence[str | None], *, split: str | None, name: str, first: int = 0
) -> Iterator[Row]:
    """Yield one row per image, pixels as raw bytes.

    Args:
        images: Shape ``(sample, height, width)`` or ``(sample, height, width, band)``.
        targets: One class per image, None where it is unknown.
        split: The split the source gives them, or None.
        name: Where the images come from; the origin is ``name[index]``.
        first: Index of the first of them.
    """
    for index, (pixels, target) in enumerate(zip(images, targets, strict=True), first):
        yield (f"{name}[{index}]", None, split, *raw(pixels), target)


def examined(content: bytes, max_pixels: int, remark: Callable[[str], None]) -> Picture:
    """Return the picture in an image file as it is, decoded once: a truncated file has a sound header.

    What of it no later stage sees goes to ``remark``. Call it with Pillow's warnings switched off: its threads share
    Python's filters.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            if width * height > max_pixels:
                return broken(f"{width}x{height} pixels, more than {max_pixels}")
            if not width * height:
                return broken(f"{width}x{height} pixels")
            stored = raw_mode(image)
            image.load()
            if image.mode == "F" and not np.isfinite(np.asarray(image)).all():
                return broken("has pixels that are no finite numbers")
            reason = unreadable(image, stored)
            if reason:
                return broken(reason)
            for loss in losses(image, stored):
                remark(loss)
            bands = 1 if image.mode in ONE_BAND else 3
            return height, width, bands, (image.format or "unknown").lower(), content, None
    except UnidentifiedImageError:  # its own words hold an address in memory, another in each run
        return broken("cannot be decoded: it is no image" if content else "cannot be decoded: it is empty")
    except Exception as error:  # whatever a decoder stumbles over: one file is set aside, with the reason
        return broken(f"cannot be decoded: {said(error)}")


def picture_file(path: Path, max_pixels: int, remark: Callable[[str], None]) -> Picture:
    """Return the picture in a file; a file longer than such a picture can be is not read into memory."""
    try:
        size = path.stat().st_size
        if size > max_pixels * BYTES_PER_PIXEL + HEADER_BYTES:
            return broken(f"a file of {size} bytes, more than {max_pixels} pixels can need")
        return examined(path.read_bytes(), max_pixels, remark)
    except OSError as error:
        return broken(f"cannot be read: {error.strerror}")


def shrunk(pixels: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """Return pixels of shape ``(height, width[, band])``, made smaller where a side is too long; ratios stay."""
    height, width = pixels.shape[:2]
    factor = longest_side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.uint8)


def said(error: Exception, path: Path | None = None) -> str:
    """Return what a library said, short enough for a sentence and without the folder, which is another elsewhere."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = NUMBERED.sub("", (words.strip().splitlines() or [type(error).__name__])[0])
    return (line.replace(str(path.parent) + "/", "") if path else line)[:120]
