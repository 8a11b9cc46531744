"""The IDX files of MNIST and its relatives.

Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits" (file format).
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source
from pipeline.sources.cells.textlines import binary
from pipeline.sources.config import IdxConfig, TableKind
from pipeline.sources.payload.gather import Row, gathered
from pipeline.sources.payload.npy import product
from pipeline.sources.payload.pixels import IMAGES, pixel_rows, require_images
from pipeline.sources.places.files import existing, shown_names

PREFIXES = {"train": "train", "t10k": "test", "test": "test"}
UNSIGNED_BYTE = 8
PIECE_BYTES = 16_000_000


class IdxSource(Source):
    """A folder with `train-…` and `t10k-…` files; the split is the one the files give."""

    kind: TableKind = "images"

    def __init__(self, config: IdxConfig, project: Path, *, answers: bool = True) -> None:
        """Find the folder; ``answers`` says whether each image has to have a target."""
        super().__init__()
        self.answers = answers
        self.folder = existing(project, config.path)
        if not self.folder.is_dir():
            raise DataError(
                f"sources.path={shown(config.path)} is a file; the folder with the IDX files is wanted"
            )

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the images of every part that is there."""
        names = [(self._file(f"{prefix}-images-idx3-ubyte"), prefix) for prefix in PREFIXES]
        parts = [(images, prefix) for images, prefix in names if images is not None]
        if not parts:
            raise DataError(
                f"{self.folder} has no train-images-idx3-ubyte (or .gz); it holds {shown_names(self.folder)}"
            )
        rows = (row for images, prefix in parts for row in self._part(images, prefix))
        yield from gathered(rows, IMAGES, "image")

    def _part(self, images: Path, prefix: str) -> Iterator[Row]:
        labels = self._file(f"{prefix}-labels-idx1-ubyte")
        if labels is None and self.answers:
            raise DataError(f"{self.folder} has {images.name} and no {prefix}-labels-idx1-ubyte (or .gz)")
        split, first = PREFIXES[prefix], 0
        targets = None if labels is None else _targets(labels)
        with opened(images, dimensions=3) as (file, shape):
            require_images(shape, np.dtype(np.uint8), images.name)
            if targets is not None and shape[0] != len(targets):
                raise DataError(
                    f"{images.name} has {shape[0]} images and there are {len(targets)} targets; each image needs one"
                )
            for block in blocks(file, shape, images):
                own = [None] * len(block) if targets is None else targets[first : first + len(block)]
                yield from pixel_rows(block, own, split=split, name=images.name, first=first)
                first += len(block)

    def _file(self, name: str) -> Path | None:
        candidates = (self.folder / name, self.folder / f"{name}.gz")
        return next((path for path in candidates if path.is_file()), None)


def _targets(labels: Path) -> list[str]:
    with opened(labels, dimensions=1) as (file, shape):
        return [str(target) for block in blocks(file, shape, labels) for target in block.tolist()]


@contextmanager
def opened(path: Path, *, dimensions: int) -> Iterator[tuple[IO[bytes], tuple[int, ...]]]:
    """Open an IDX file of unsigned bytes; give it after its header, and its shape.

    Raises:
        DataError: The file is truncated, has another type or number of dimensions, or is not what it claims.
    """
    try:
        with binary(path) as file:
            content = file.read(4 + 4 * dimensions)
            if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
                raise DataError(
                    f"{path} is no IDX file of unsigned bytes; its first bytes are {content[:4].hex()}"
                )
            if content[3] != dimensions:
                raise DataError(f"{path} has {content[3]} dimensions, and {dimensions} are wanted")
            if len(content) < 4 + 4 * dimensions:
                raise DataError(f"{path} ends within its header; the file is truncated, fetch it again")
            yield file, struct.unpack(f">{dimensions}I", content[4:])
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked, it looks truncated: {error}") from None


def blocks(file: IO[bytes], shape: tuple[int, ...], path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the samples of an IDX file, some 16 MB at a time; what the header claims is not believed before.

    Raises:
        DataError: The file is shorter or longer than its header says.
    """
    item = product(shape[1:])
    step, held = max(1, PIECE_BYTES // max(item, 1)), 0
    for first in range(0, shape[0], step):
        wanted = min(step, shape[0] - first)
        content = file.read(wanted * item)
        held += len(content)
        if len(content) != wanted * item:
            break
        yield np.frombuffer(content, np.uint8).reshape(wanted, *shape[1:])
    more = file.read(1)
    if more or held != product(shape):
        raise DataError(
            f"{path} claims shape {shape}, which is {product(shape)} bytes, and holds "
            f"{'more' if more else held}; the file is truncated or damaged, fetch it again"
        )
