"""A memory-mapped stream and the vectorised reading of batches from it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.arrays import read_array
from pipeline.foundation.errors import DataError
from pipeline.preprocessing.augment import flipped, moved
from pipeline.preprocessing.meta import Split, StreamMeta

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PIXELS = ("images", "clips")
"""Kinds whose stream holds pixels as they are; they are scaled when a batch is gathered."""


@dataclass(frozen=True)
class StreamFiles:
    """Checked paths of the files of one split."""

    stream: Path
    starts: Path
    ids: Path
    targets: Path | None
    """None for forecasts: their target lies in the stream."""

    lengths: Path | None = None
    """None where every sample has ``window`` steps."""

    static: Path | None = None
    """What is known of each sample as a whole; None where nothing is."""

    second: "StreamFiles | None" = None
    """The second stream; its ids and targets are those of the first."""


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
        return read_array(self.files.stream, mapped=True)

    @cached_property
    def starts(self) -> Ints:
        """First row of each sample, shape ``(sample,)``."""
        return read_array(self.files.starts)

    @cached_property
    def ids(self) -> Ints:
        """``sample_id`` of each sample, shape ``(sample,)``."""
        return read_array(self.files.ids)

    @cached_property
    def second(self) -> "SplitReader | None":
        """The same samples in another form, such as characters beside words; None where there is one form."""
        if self.meta.second is None or self.files.second is None:
            return None
        return SplitReader(self.files.second, self.meta.of_second(), self.split)

    def static(self, positions: Ints) -> Floats | None:
        """Return what is known of each sample as a whole, ``(batch, static)``; None where nothing is."""
        return None if self.files.static is None else self._static[positions]

    def windows(self, positions: Ints) -> None:
        """Return nothing: the inputs are the windows themselves."""

    def lengths(self, positions: Ints) -> Ints | None:
        """Return the steps of the samples at ``positions``, shape ``(batch,)``; None where all have ``window``."""
        return self._lengths[positions] if self.meta.ragged else None

    def inputs(self, positions: Ints, moves: Ints | None = None, flips: Ints | None = None) -> Floats | Ints:
        """Return the samples at ``positions``: scaled floats ``(batch, step, *frame)``, or token ids ``(batch, step)``.

        Where samples have lengths of their own, ``step`` is the longest of the batch, and 0 stands behind the others:
        after scaling, so that it says nothing but that nothing is there.

        Args:
            positions: Which samples of this split, shape ``(batch,)``.
            moves: Pixels by which each image is moved down and right, shape ``(batch, 2)``.
            flips: 1 where each image is mirrored, top with bottom and left with right, shape ``(batch, 2)``; all
                frames of a clip alike.
        """
        lengths = self.lengths(positions)
        if lengths is None:
            return self._values(self._rows(positions, self.meta.window, offset=0), moves, flips)
        steps = np.take(self.stream, running_rows(self.starts[positions], lengths), axis=0)
        if moves is not None or flips is not None:
            moves, flips = (None if each is None else np.repeat(each, lengths, 0) for each in (moves, flips))
        return padded(self._values(steps[:, None], moves, flips)[:, 0], lengths)

    def targets(self, positions: Ints) -> Floats | Ints:
        """Return the targets at ``positions``.

        Class indices ``(batch,)``, labels 0 or 1 ``(batch, label)``, scaled numbers ``(batch, 1)``, or scaled values
        ``(batch, horizon, target)``.
        """
        if self.meta.head != "forecast":
            return self._targets[positions]
        future = self._rows(positions, self.meta.horizon, offset=self.meta.window)
        chosen: Floats = future[:, :, list(self.meta.targets)]
        return chosen

    @cached_property
    def _static(self) -> Floats:
        if self.files.static is None:
            raise ValueError("nothing is known of these samples as a whole")
        return read_array(self.files.static)

    @cached_property
    def _targets(self) -> Floats | Ints:
        if self.files.targets is None:
            raise ValueError("only a forecast's targets lie in the stream")
        return read_array(self.files.targets)

    @cached_property
    def _lengths(self) -> Ints:
        if self.files.lengths is None:
            raise ValueError("samples with lengths of their own need the file of these lengths")
        array: Ints = read_array(self.files.lengths)
        if len(array) and array.min() < 1:
            raise DataError(
                f"{self.files.lengths} says that sample {int(self.ids[array.argmin()])} has {array.min()} steps, and a "
                f"network needs one at least; make data/preprocess again with `convoy stage preprocess`"
            )
        return array

    def _rows(self, positions: Ints, count: int, *, offset: int) -> NDArray[Any]:
        first = self.starts[positions] + offset
        rows: NDArray[Any] = self.stream[first[:, None] + np.arange(count)]
        return rows

    def _values(self, raw: NDArray[Any], moves: Ints | None, flips: Ints | None) -> Floats | Ints:
        """Return steps as a network reads them, shape ``(sample, step, *frame)`` as they came."""
        if self.meta.kind == "text":
            return raw.astype(np.int64)
        if self.meta.kind not in PIXELS:
            return raw.astype(np.float32, copy=False)
        if moves is not None or flips is not None:
            raw = _augmented(raw, moves, flips)
        shape = (-1, *[1] * (len(self.meta.frame) - 1))
        offset = np.asarray(self.meta.offset, np.float32).reshape(shape)
        factor = (1.0 / np.asarray(self.meta.scale, np.float32)).reshape(shape)
        scaled: Floats = (raw.astype(np.float32) - offset) * factor
        return scaled


def running_rows(starts: Ints, lengths: Ints) -> Ints:
    """Return the rows of samples one after the other: ``lengths`` rows of each, from its start, shape ``(row,)``."""
    ends = np.cumsum(lengths)
    rows: Ints = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
    return rows


def padded(steps: NDArray[Any], lengths: Ints) -> NDArray[Any]:
    """Return the steps of samples that follow one another as ``(sample, longest, *frame)``, 0 behind each sample."""
    longest = int(lengths.max())
    batch = np.zeros((len(lengths), longest, *steps.shape[1:]), steps.dtype)
    batch[np.arange(longest) < lengths[:, None]] = steps
    return batch


def _augmented(raw: NDArray[Any], moves: Ints | None, flips: Ints | None) -> NDArray[Any]:
    """Move and mirror the image that each sample of ``(sample, step, *frame)`` is; all its steps alike."""
    # Rows of pixels (B, H, W) are one image, whole images (B, T, C, H, W) are T of them.
    images = raw[:, None] if raw.ndim == 3 else raw.reshape(-1, *raw.shape[2:])
    each = len(images) // len(raw)
    if moves is not None:
        images = moved(images, np.repeat(moves, each, 0))
    if flips is not None:
        images = flipped(images, np.repeat(flips, each, 0))
    return images.reshape(raw.shape)
