"""A memory-mapped stream and the vectorised reading of batches from it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.preprocessing.meta import Split, StreamMeta

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StreamFiles:
    """Checked paths of the files of one split."""

    stream: Path
    starts: Path
    ids: Path
    targets: Path | None
    """None for forecasts: their target lies in the stream."""


class SplitReader:
    """Batches of one split; the stream stays on disk and only what a batch needs is read.

    The memory maps are opened on first use, so an unused reader can be handed to another process.
    """

    def __init__(self, files: StreamFiles, meta: StreamMeta, split: Split) -> None:
        self.files = files
        self.meta = meta
        self.split: Split = split

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.meta.counts[self.split]

    @cached_property
    def stream(self) -> NDArray[Any]:
        """The whole stream, shape ``(row, *frame)``."""
        array: NDArray[Any] = np.load(self.files.stream, mmap_mode="r", allow_pickle=False)
        return array

    @cached_property
    def starts(self) -> Ints:
        """First row of each sample, shape ``(sample,)``."""
        array: Ints = np.load(self.files.starts, allow_pickle=False)
        return array

    @cached_property
    def ids(self) -> Ints:
        """``sample_id`` of each sample, shape ``(sample,)``."""
        array: Ints = np.load(self.files.ids, allow_pickle=False)
        return array

    def inputs(self, positions: Ints, moves: Ints | None = None) -> Floats:
        """Return the scaled samples at ``positions``, shape ``(batch, window, *frame)``.

        Args:
            positions: Which samples of this split, shape ``(batch,)``.
            moves: Pixels by which each image is moved down and right, shape ``(batch, 2)``.
        """
        raw = self._rows(positions, self.meta.window, offset=0)
        if self.meta.kind == "series":
            return raw
        if moves is not None:
            raw = _moved(raw, moves, self.meta)
        shape = (-1, *[1] * (len(self.meta.frame) - 1))
        offset = np.asarray(self.meta.offset, np.float32).reshape(shape)
        factor = (1.0 / np.asarray(self.meta.scale, np.float32)).reshape(shape)
        scaled: Floats = (raw.astype(np.float32) - offset) * factor
        return scaled

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return the targets at ``positions``: class indices ``(batch,)``, or scaled ``(batch, horizon, target)``."""
        if self.meta.head == "classify":
            return self._classes[positions]
        future = self._rows(positions, self.meta.horizon, offset=self.meta.window)
        chosen: Floats = future[:, :, list(self.meta.targets)]
        return chosen

    @cached_property
    def _classes(self) -> Ints:
        if self.files.targets is None:
            raise ValueError("a forecast's targets lie in the stream")
        array: Ints = np.load(self.files.targets, allow_pickle=False)
        return array

    def _rows(self, positions: Ints, count: int, *, offset: int) -> NDArray[Any]:
        first = self.starts[positions] + offset
        rows: NDArray[Any] = self.stream[first[:, None] + np.arange(count)]
        return rows


def _moved(raw: NDArray[Any], moves: Ints, meta: StreamMeta) -> NDArray[Any]:
    """Move each image of ``raw`` by its own ``(down, right)``; what moves in repeats the border."""
    batch = len(raw)
    # Rows of pixels (B, H, W), or one whole image each (B, 1, C, H, W), as (B, C, H, W).
    images = raw[:, None] if len(meta.frame) == 1 else raw[:, 0]
    height, width = images.shape[-2:]
    down = np.clip(np.arange(height) - moves[:, :1], 0, height - 1)[:, :, None]  # (B, H, 1)
    right = np.clip(np.arange(width) - moves[:, 1:], 0, width - 1)[:, None, :]  # (B, 1, W)
    which = np.arange(batch)[:, None, None]
    moved = images[which, :, down, right]  # (B, H, W, C)
    moved = np.moveaxis(moved, -1, 1)
    return moved.reshape(raw.shape)
