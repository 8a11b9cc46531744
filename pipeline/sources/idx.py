"""The IDX files of MNIST and its relatives.

Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits" (file format).
"""

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source, SourceTable
from pipeline.sources.config import IdxConfig
from pipeline.sources.files import existing, shown_names
from pipeline.sources.pixels import image_table, pixel_rows

PREFIXES = {"train": "train", "t10k": "test", "test": "test"}
UNSIGNED_BYTE = 8


class IdxSource(Source):
    """A folder with `train-…` and `t10k-…` files; the split is the one the files give."""

    def __init__(self, config: IdxConfig, project: Path) -> None:
        self.folder = existing(project, config.path)

    def read(self) -> SourceTable:
        """Return the images of every part that is there."""
        parts = [self._part(prefix, split) for prefix, split in PREFIXES.items()]
        found = [part for part in parts if part is not None]
        if not found:
            raise DataError(
                f"{self.folder} has no train-images-idx3-ubyte (or .gz); it holds {shown_names(self.folder)}"
            )
        return image_table(pl.concat(found))

    def _part(self, prefix: str, split: str) -> pl.DataFrame | None:
        images = self._file(f"{prefix}-images-idx3-ubyte")
        targets = self._file(f"{prefix}-labels-idx1-ubyte")
        if images is None or targets is None:
            return None
        pixels = read_idx(images, dimensions=3)
        origins = [f"{images.name}[{index}]" for index in range(len(pixels))]
        return pixel_rows(pixels, read_idx(targets, dimensions=1), split=split, origins=origins)

    def _file(self, name: str) -> Path | None:
        candidates = (self.folder / name, self.folder / f"{name}.gz")
        return next((path for path in candidates if path.is_file()), None)


def read_idx(path: Path, *, dimensions: int) -> NDArray[Any]:
    """Return the array in an IDX file of unsigned bytes.

    Raises:
        DataError: The file is truncated, has another type or number of dimensions, or is not what it claims.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked, it looks truncated: {error}") from None
    header = 4 + 4 * dimensions
    if len(content) < header or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise DataError(f"{path} is no IDX file of unsigned bytes; its first bytes are {content[:4].hex()}")
    if content[3] != dimensions:
        raise DataError(f"{path} has {content[3]} dimensions, and {dimensions} are wanted")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    expected = int(np.prod(shape))
    if len(content) - header != expected:
        raise DataError(
            f"{path} claims shape {shape}, which is {expected} bytes, and holds {len(content) - header}; "
            f"the file is truncated or damaged, fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
