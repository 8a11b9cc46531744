"""Read an array in a NumPy archive piece by piece, trusting nothing it claims about itself."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pipeline.foundation.arrays import HEADERS

MOST_FORTRAN_BYTES = 2**30


@dataclass(frozen=True)
class Member:
    """An open array, read from its first sample on."""

    file: IO[bytes]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def item_bytes(self) -> int:
        """Bytes of one sample."""
        return int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    def read(self, count: int) -> NDArray[Any]:
        """Return the next ``count`` samples.

        Raises:
            ValueError: The array ends before.
        """
        content = self.file.read(count * self.item_bytes)
        if len(content) != count * self.item_bytes:
            raise ValueError(f"an array ends after {len(content)} of {count * self.item_bytes} bytes")
        return np.frombuffer(content, self.dtype).reshape(count, *self.shape[1:])

    def end(self) -> None:
        """Read to the end, where the archive compares its checksum.

        Raises:
            ValueError: The array is longer than it claims.
        """
        if self.file.read(1):
            raise ValueError(f"an array is longer than its shape {self.shape} says")


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str) -> Iterator[Member]:
    """Open the array ``name`` of an archive.

    Raises:
        ValueError: It is no plain array, or its size is not the one the archive gives.
    """
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"{name} is of version {version}")
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with HEADERS:
            shape, by_column, dtype = header(file)
        if dtype.hasobject or dtype.itemsize == 0:
            raise ValueError(f"{name} holds Python objects, and is not unpickled")
        size = file.tell() + dtype.itemsize * product(shape)
        if size != info.file_size:
            raise ValueError(f"{name} claims shape {shape} and has {info.file_size} bytes instead of {size}")
        yield Member(_by_rows(file, shape, dtype, name) if by_column else file, shape, dtype)


def _by_rows(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> IO[bytes]:
    """Return an array that is stored column by column as if it were stored sample by sample."""
    size = dtype.itemsize * product(shape)
    if size > MOST_FORTRAN_BYTES:
        raise ValueError(
            f"{name} is {size} bytes in Fortran's order, which has to be turned round in memory; save it with "
            f"numpy.ascontiguousarray"
        )
    content = file.read()
    return io.BytesIO(np.frombuffer(content, dtype).reshape(shape, order="F").tobytes())


def product(shape: tuple[int, ...]) -> int:
    """Return the number of entries as a Python integer, which cannot overflow."""
    entries = 1
    for size in shape:
        entries *= size
    return entries
