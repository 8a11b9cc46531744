"""Small grey pictures of images, all of one size, to compare them."""

import io
import warnings

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from pipeline.leakage.parts import Ints, Parts, batches, chosen_rows

Pixels = NDArray[np.uint8]
SIDE, LEAST = 64, 8


def thumbnails(parts: Parts, ids: Ints) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return square grey pictures as large as the images, 64 by 64 at most, and which of the images could be read.

    Args:
        parts: Of images or clips.
        ids: Rows to read, in the order wanted.
    """
    places: dict[int, list[int]] = {}
    for place, number in enumerate(ids.tolist()):
        places.setdefault(number, []).append(place)
    side = _side(parts)
    pixels = np.zeros((len(ids), side, side), np.uint8)
    readable = np.zeros(len(ids), bool)
    columns = ["image", "encoding", "height", "width", "bands"]
    for part in chosen_rows(parts.table, columns, ids, rows=2_000):
        for number, *image in part.iter_rows():
            small = _small(*image, side=side)
            if small is not None:
                pixels[places[number]], readable[places[number]] = small, True
    return pixels, readable


def _side(parts: Parts) -> int:
    sizes = next(batches(parts.table, ["height", "width"]))
    usual = sizes.select(pl.max_horizontal("height", "width").median()).item()
    return int(min(max(usual or SIDE, LEAST), SIDE))


def _small(
    data: bytes | None, encoding: str, height: int, width: int, bands: int, *, side: int
) -> Pixels | None:
    """Return one picture, or None where the image cannot be read."""
    if data is None:
        return None
    try:
        if encoding == "raw":
            table = np.frombuffer(data, np.uint8).reshape(height, width, bands)
            image = Image.fromarray(table[..., 0] if bands == 1 else np.ascontiguousarray(table[..., :3]))
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                image = Image.open(io.BytesIO(data))
                image.draft("L", (2 * side, 2 * side))
        return np.asarray(_grey(image).resize((side, side), Image.Resampling.BOX), np.uint8)
    except (OSError, ValueError, SyntaxError, MemoryError):  # what Pillow raises for broken files
        return None


def _grey(image: Image.Image) -> Image.Image:
    if not image.mode.startswith(("I", "F")):
        return image.convert("RGB").convert("L") if image.mode in ("P", "PA") else image.convert("L")
    values = np.nan_to_num(np.asarray(image, np.float64))
    spread = float(np.ptp(values)) or 1.0
    return Image.fromarray(((values - values.min()) / spread * 255).astype(np.uint8))
