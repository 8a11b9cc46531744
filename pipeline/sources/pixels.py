"""Arrays of images as table rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.sources.base import SourceTable, numbered


def pixel_rows(
    images: NDArray[Any], targets: NDArray[Any], *, split: str | None, origins: Sequence[str]
) -> pl.DataFrame:
    """Return one row per image, pixels as raw bytes.

    Args:
        images: uint8, shape ``(sample, height, width)`` or ``(sample, height, width, band)``.
        targets: One class per image; any integer or text type.
        split: The split the source gives them, or None.
        origins: Where each image came from.

    Raises:
        DataError: Lengths differ, or the array is not one of 8-bit images with 1 or 3 bands.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[-1] not in (1, 3):
        raise DataError(
            f"{origins[0] if len(origins) else 'the source'}: images are wanted as uint8 of shape (sample, height, "
            f"width[, 1 or 3]), and the array is {images.dtype} of shape {images.shape}"
        )
    if len(images) != len(targets):
        raise DataError(
            f"there are {len(images)} images and {len(targets)} targets; each image needs one target"
        )
    count, height, width, bands = images.shape
    flat = np.ascontiguousarray(images).reshape(count, -1)
    return pl.DataFrame(
        {
            "split": pl.Series([split] * count, dtype=pl.String),
            "origin": list(origins),
            "height": pl.Series([height] * count, dtype=pl.Int32),
            "width": pl.Series([width] * count, dtype=pl.Int32),
            "bands": pl.Series([bands] * count, dtype=pl.Int32),
            "encoding": ["raw"] * count,
            "image": pl.Series([row.tobytes() for row in flat], dtype=pl.Binary),
            "defect": pl.Series([None] * count, dtype=pl.String),
            "target": [str(target) for target in targets.tolist()],
        }
    )


def image_table(frame: pl.DataFrame, notes: tuple[str, ...] = ()) -> SourceTable:
    """Return the rows of images as a source's table.

    Raises:
        DataError: There is not one image.
    """
    if frame.is_empty():
        raise DataError("the source holds no images; check sources.path")
    return SourceTable(kind="images", frame=numbered(frame), notes=notes)
