"""Numbers for which memory is too small: columns on disk, and records put in order of a key file by file.

Both go through plain files, not memory maps: resident pages of a map count as memory of this process.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

PER_BUCKET = 250_000
"""Records of a bucket at most, on average: each is sorted in memory."""

MOST_BUCKETS = 128
"""Each is an open file, and some systems allow 256; of more than 32 million records the buckets are larger."""

_STEPS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Column:
    """One number per row on disk: appended in order, read back in stretches."""

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        """Begin a file.

        Args:
            path: Where it goes.
            dtype: Of the numbers.
        """
        self.path = path
        self.dtype = np.dtype(dtype)
        self.rows = 0
        self._file = path.open("wb")

    def append(self, numbers: NDArray[Any]) -> None:
        """Add numbers of shape ``(row,)``."""
        np.ascontiguousarray(numbers, self.dtype).tofile(self._file)
        self.rows += len(numbers)

    def __len__(self) -> int:
        """Return how many there are."""
        return self.rows

    def __getitem__(self, stretch: slice) -> NDArray[Any]:
        """Return the numbers of a stretch."""
        first, last, _ = stretch.indices(self.rows)
        if not self._file.closed:
            self._file.flush()
        return np.fromfile(
            self.path, self.dtype, max(last - first, 0), offset=max(first, 0) * self.dtype.itemsize
        )

    def pieces(self, rows: int) -> Iterator[NDArray[Any]]:
        """Yield all numbers in order, at most ``rows`` at a time."""
        for first in range(0, self.rows, rows):
            yield self[first : first + rows]

    def close(self) -> None:
        """End the file; it can still be read."""
        self._file.close()


class Buckets:
    """Records with a field ``key`` (64 bits, spread evenly), sorted in bounded memory.

    They are laid into files by the first bits of their keys; each file is then sorted by itself.
    """

    def __init__(self, folder: Path, dtype: DTypeLike, records: int) -> None:
        """Begin with none.

        Args:
            folder: For the files; it is made.
            dtype: Of a record, with a field ``key``.
            records: How many will come, about.
        """
        folder.mkdir(parents=True)
        self.folder = folder
        self.dtype = np.dtype(dtype)
        count = min(max(2, -(-records // PER_BUCKET)), MOST_BUCKETS)
        self.bits = (count - 1).bit_length()
        self._files = [(folder / f"{number}").open("wb") for number in range(1 << self.bits)]

    def add(self, records: NDArray[Any]) -> None:
        """Lay records into their buckets, shape ``(record,)``."""
        places = (records["key"] >> np.uint64(64 - self.bits)).astype(np.int64)
        ordered = records[np.argsort(places, kind="stable")]
        edges = np.r_[0, np.cumsum(np.bincount(places, minlength=len(self._files)))]
        for file, first, last in zip(self._files, edges[:-1], edges[1:], strict=True):
            if last > first:
                ordered[first:last].tofile(file)

    def ordered(self) -> Iterator[NDArray[Any]]:
        """Yield the records of each bucket in the order of their keys, equal ones as they came; then all are gone."""
        for file in self._files:
            file.close()
        for number in range(len(self._files)):
            path = self.folder / f"{number}"
            records: NDArray[Any] = np.fromfile(path, self.dtype)
            path.unlink()
            if len(records):
                yield records[np.argsort(records["key"], kind="stable")]
        self.folder.rmdir()


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers with every bit spread over all others; different ones stay different.

    Source:
        Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators": the finaliser of SplitMix64.
    """
    values = (numbers ^ (numbers >> np.uint64(30))) * _STEPS[0]
    values = (values ^ (values >> np.uint64(27))) * _STEPS[1]
    found: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return found
