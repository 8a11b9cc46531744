"""Images of a table decoded piece by piece, so that neither their bytes nor their pixels have to fit into memory."""

import struct
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from pipeline.foundation.arrays import ArrayWriter
from pipeline.foundation.errors import DataError
from pipeline.foundation.files import write_json
from pipeline.preprocessing.media.images import (
    BANDS,
    PictureConfig,
    Pixels,
    as_steps,
    opened,
    raw_pixels,
    resized,
)
from pipeline.preprocessing.media.tones import Ranges, Tones, is_default, tones_of
from pipeline.preprocessing.outlet import Outlet
from pipeline.preprocessing.sample_rows import batches

COLUMNS = ["origin", "image", "encoding", "height", "width", "bands", "defect"]
MOST_BYTES = 32 << 20
MOST_ROWS = 1024
SMALL = 64
"""Greatest side of the grey copies that near-duplicates are found by."""

Mask = NDArray[np.bool_]
DAMAGE = (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError)
"""What Pillow raises of an image that it cannot decode."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of each image."""

    config: PictureConfig
    small: tuple[int, int] | None = None
    """Height and width of a grey copy; None: none is needed."""

    tones: Tones | None = None
    """Black and white of deep images; None: each by itself."""


@dataclass(frozen=True)
class Pictures:
    """Some images, decoded."""

    pixels: Pixels
    """``(image, height, width, band)``."""

    small: Pixels | None
    """Grey, ``(image, height, width)``."""

    ranges: Ranges


def small_size(table: Path) -> tuple[int, int]:
    """Return height and width of the grey copies: no larger than the largest image, and than ``SMALL``."""
    sizes = pl.scan_parquet(table).select(pl.col("height", "width").max()).collect()
    return tuple(max(1, min(SMALL, int(size or SMALL))) for size in sizes.row(0))  # type: ignore[return-value]


def decoded_pictures(table: Path, wish: Wish, chosen: Mask | None, *, threads: int) -> Iterator[Pictures]:
    """Yield the images of a table in its order, some at a time.

    Args:
        table: Rows as validate let them pass.
        wish: Size, colour, grey copies.
        chosen: Which rows are wanted; None: all.
        threads: Images decoded at once; Pillow frees the interpreter.

    Raises:
        DataError: An image cannot be decoded.
    """
    first = 0
    with ThreadPoolExecutor(threads) as pool:
        for frame in batches(table, COLUMNS, rows_at_once(table)):
            mask = None if chosen is None else pl.Series(chosen[first : first + frame.height])
            first += frame.height
            rows = frame if mask is None else frame.filter(mask)
            if not rows.is_empty():
                yield _decoded(rows, wish, pool)


def write_pictures(
    table: Path,
    wish: Wish,
    outlet: Outlet,
    *,
    chosen: Mask | None = None,
    copies: Path | None = None,
    threads: int,
) -> Ranges:
    """Write the steps of images into the stream; return the range of each deep one.

    Args:
        table: Rows as validate let them pass.
        wish: Size, colour, grey copies.
        outlet: Where the steps go.
        chosen: Which rows are wanted; None: all.
        copies: File for the grey copies, an array of shape ``(image, *wish.small)``.
        threads: Images decoded at once.

    Raises:
        DataError: An image cannot be decoded.
    """
    ranges = [np.empty((0, 3))]
    with ExitStack() as stack:
        writer = None
        if wish.small is not None and copies is not None:
            writer = stack.enter_context(ArrayWriter(copies, np.uint8, wish.small))
        for some in decoded_pictures(table, wish, chosen, threads=threads):
            outlet.add_rows(as_steps(some.pixels, wish.config)[0])
            ranges.append(some.ranges)
            if writer is not None and some.small is not None:
                writer.append(some.small)
    return np.concatenate(ranges)


def write_toned(
    table: Path, config: PictureConfig, out: Path, outlet: Outlet, *, ranges: Ranges, train: Mask,
    chosen: Mask | None = None, threads: int,
) -> tuple[str, ...]:  # fmt: skip
    """Write the stream anew where training images are deep, with the tones they have; return what to tell a person.

    Args:
        table: Rows as validate let them pass.
        config: Size, colour.
        out: Folder of the stream, and of ``fitted.json``.
        outlet: Where the steps went.
        ranges: As :func:`write_pictures` returned them.
        train: Which of the images train.
        chosen: As in :func:`write_pictures`.
        threads: Images decoded at once.
    """
    tones = tones_of(ranges[train])
    if tones is None:
        return ()
    if not is_default(tones, ranges):
        outlet.stream.close()
        outlet.stream = ArrayWriter(out / "stream.npy", np.uint8, outlet.stream.frame)
        write_pictures(table, Wish(config, tones=tones), outlet, chosen=chosen, threads=threads)
    write_json(tones.as_json(), out / "fitted.json")
    return (tones.note,)


def rows_at_once(table: Path) -> int:
    """Return how many rows have some 32 MB of bytes."""
    about = pq.read_metadata(table)
    column = pq.read_schema(table).names.index("image")
    groups = [about.row_group(index) for index in range(about.num_row_groups)]
    size = max(
        (group.column(column).total_uncompressed_size / max(group.num_rows, 1) for group in groups), default=1
    )
    return int(np.clip(MOST_BYTES / max(size, 1), 1, MOST_ROWS))


def _decoded(rows: pl.DataFrame, wish: Wish, pool: ThreadPoolExecutor) -> Pictures:
    lying = _as_they_lie(rows, wish)
    if lying is not None:
        return lying
    found = list(pool.map(lambda row: _one(row, wish), rows.iter_rows(named=True)))
    copies = [copy for _, copy, _ in found if copy is not None]
    small = np.stack(copies) if copies else None
    ranges = np.array([own for _, _, own in found])
    return Pictures(np.stack([pixels for pixels, _, _ in found]), small, ranges)


def _as_they_lie(rows: pl.DataFrame, wish: Wish) -> Pictures | None:
    """Return raw grey images that have the wanted size already, without a look at each; None where they do not."""
    height, width = wish.config.height, wish.config.width
    fits = (
        (pl.col("encoding") == "raw")
        & (pl.col("height") == height)
        & (pl.col("width") == width)
        & (pl.col("bands") == 1)
    )
    if wish.config.colour != "grey" or wish.small not in (None, (height, width)):
        return None
    if not rows.select(fits.fill_null(False).all()).item() or rows["image"].null_count():
        return None
    pixels = np.frombuffer(b"".join(rows["image"]), np.uint8).reshape(-1, height, width, 1)
    return Pictures(pixels, pixels[..., 0] if wish.small else None, np.full((rows.height, 3), np.nan))


def read_each(rows: pl.DataFrame, wish: Wish, *, threads: int) -> tuple[Pixels, list[str | None]]:
    """Return the images that can be decoded, and for each row why it cannot; None: it can.

    Args:
        rows: The columns of ``COLUMNS``.
        wish: Size, colour, tones.
        threads: Images decoded at once.
    """

    def read(row: Mapping[str, Any]) -> Pixels | str:
        if row["image"] is None:
            return str(row["defect"] or "has no pixels")
        try:
            return _read(row, wish)[0]
        except DAMAGE as error:
            return f"cannot be decoded ({error})"

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(read, rows.iter_rows(named=True)))
    pixels = [each for each in found if not isinstance(each, str)]
    shape = (0, wish.config.height, wish.config.width, len(BANDS[wish.config.colour]))
    reasons = [each if isinstance(each, str) else None for each in found]
    return np.stack(pixels) if pixels else np.zeros(shape, np.uint8), reasons


def _read(row: Mapping[str, Any], wish: Wish) -> tuple[Pixels, Pixels | None, tuple[float, float, float]]:
    if row["image"] is None:
        raise ValueError(row["defect"] or "it has no pixels")
    image, own = opened(row, wish.tones)
    image.load()
    pixels = _exact(row, wish.config)
    pixels = resized(image, wish.config) if pixels is None else pixels
    if wish.small and not np.isnan(own[0]):  # dark copies would look alike; brightness does not count there
        image, _ = opened(row, Tones(min(own[0], 0.0), own[1]))
    return pixels, _small(image, wish.small), own


def _one(row: Mapping[str, Any], wish: Wish) -> tuple[Pixels, Pixels | None, tuple[float, float, float]]:
    try:
        return _read(row, wish)
    except DAMAGE as error:
        raise DataError(
            f"the image {row['origin']} cannot be decoded ({error}); let validate set it aside with a rule about "
            f"defect in the quality suite"
        ) from None


def _exact(row: Mapping[str, Any], config: PictureConfig) -> Pixels | None:
    """Return raw pixels that are what is wanted already."""
    wanted = (config.height, config.width, len(BANDS[config.colour]))
    if row["encoding"] != "raw" or (row["height"], row["width"], row["bands"]) != wanted:
        return None
    return raw_pixels(row)


def _small(image: Image.Image, size: tuple[int, int] | None) -> Pixels | None:
    if size is None:
        return None
    grey = image.convert("L")
    if grey.size != size[::-1]:
        grey = grey.resize(size[::-1], Image.Resampling.BOX)
    return np.asarray(grey, np.uint8)
