"""Arrays in files, larger than memory, written piece by piece; and sorted numbers, which find each other fast."""

from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Number = TypeVar("Number", np.int64, np.uint64)

HEADER = 128
"""Bytes before the numbers; the number of rows is written there at the end."""

HEADERS = RLock()
"""Held while the header of an array is read. It is parsed as Python, and Python 3.11 counts the depth of what it parses
for all threads together, so that two at once may fail each other (seen with 3.11.7; python/cpython#106905)."""


def read_array(path: Path, *, mapped: bool = False) -> NDArray[Any]:
    """Return the array of a file; any number of threads may.

    Args:
        path: Of a ``.npy`` file.
        mapped: Leave it on disk, and read what is asked for.

    Raises:
        OSError: There is no such file.
        ValueError: It holds no array, part of one, or Python objects, which are not unpickled.
    """
    with HEADERS:
        array: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    return array


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """Return the distinct numbers in rising order, shape ``(number,)``.

    ``np.unique`` gathers them in a hash table, which slows down more than tenfold once it outgrows the processor's
    cache; sorting costs the same per number however many are distinct, and nothing where they rise already.
    """
    rises = numbers[1:] > numbers[:-1]
    if rises.all():
        return numbers
    ordered = np.sort(numbers)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]]


def first_equal(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each number the place of the first one that equals it, shape ``(number,)``."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    leaders = np.arange(len(order))
    leaders[1:][ordered[1:] == ordered[:-1]] = 0
    firsts = np.empty_like(order)
    firsts[order] = order[np.maximum.accumulate(leaders)]
    return firsts


def among(numbers: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of the numbers are in ``known``, which rises and is not empty, shape ``(number,)``."""
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.asarray(known[places] == numbers)


class ArrayWriter:
    """Rows of one shape, appended; the file is complete once closed, and equal rows give equal bytes.

    The rows go through a plain file, not a memory map: pages of a map count as memory of this process.
    """

    def __init__(self, path: Path, dtype: DTypeLike, frame: tuple[int, ...] = ()) -> None:
        """Begin a file.

        Args:
            path: Where it goes.
            dtype: Of the numbers.
            frame: Shape of a row; ``()`` for single numbers.
        """
        self.dtype = np.dtype(dtype)
        self.frame = frame
        self.rows = 0
        self._file = path.open("wb")
        self._file.write(b"\0" * HEADER)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows of shape ``(row, *frame)``.

        Raises:
            ValueError: They have another shape.
        """
        if rows.shape[1:] != self.frame:
            raise ValueError(f"rows of shape {self.frame} are wanted, got {rows.shape[1:]}")
        np.ascontiguousarray(rows, self.dtype).tofile(self._file)
        self.rows += len(rows)

    def close(self) -> None:
        """Write the header; nothing can be added afterwards."""
        if self._file.closed:
            return
        self._file.seek(0)
        self._file.write(_header(self.dtype, (self.rows, *self.frame)))
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the 128 bytes of version 1.0 that say what follows."""
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    told = "{" + ", ".join(f"{key!r}: {value!r}" for key, value in described.items()) + ", }"
    room = HEADER - 10
    return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + told.ljust(room - 1).encode("latin1") + b"\n"
