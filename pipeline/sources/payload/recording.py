"""From an open recording to its samples: one channel of 16 bits, at its own rate.

An exported bundle takes this file along as it is, so it imports nothing of this package.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEEP = ("PCM_24", "PCM_32")
FASTEST = 768_000
MOST_CHANNELS = 64
PIECE = 65_536
FULL_SCALE = 2**15
SIZES = re.compile(r": (\d+) \(should be (\d+)\)")
"""What libsndfile logs where a file claims another length than it has."""

QUIET, LOUD = 1 / FULL_SCALE, 64 / FULL_SCALE
"""A mean below one step of 16 bits holds nothing of channels of 64 and more."""

SLACK = 64
"""Bytes by which writers miscount their own headers."""

STREAMED = 2**31 - 2**16
"""From here on a length means that it was not known when the file was begun."""


@dataclass(frozen=True)
class Recording:
    """What was heard, and what became of it on the way."""

    rate: int
    """Samples per second."""

    samples: NDArray[np.int16]
    """Shape ``(sample,)``: the mean of the channels."""

    remarks: tuple[str, ...]
    """What a person should know, in the plural: "recordings have ..."."""


def listen(file: Any, longest_seconds: int) -> Recording:
    """Read a recording.

    Args:
        file: An open ``soundfile.SoundFile``.
        longest_seconds: What comes later is cut off.

    Raises:
        ValueError: It is no recording, or not all of one.
    """
    _require(file)
    wanted = min(file.frames, longest_seconds * file.samplerate)
    values = _mono(file, wanted)
    remarks = []
    if file.channels > 1:
        remarks.append("recordings have several channels, and their mean is read")
    if file.subtype in DEEP:
        remarks.append("recordings have more than 16 bits per sample, and are kept with 16")
    if wanted < file.frames:
        remarks.append(f"recordings were cut off after {longest_seconds} seconds")
    peak = float(np.abs(values).max())
    if not np.isfinite(peak):
        raise ValueError("has samples that are no finite numbers")
    if peak > 1:
        remarks.append("recordings are louder than full scale and were made quieter")
        values = values / peak
    scaled = np.clip(np.round(values * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return Recording(int(file.samplerate), scaled.astype(np.int16), tuple(remarks))


def _require(file: Any) -> None:
    """Refuse what is no recording, or truncated: libsndfile reads such a file to where it ends."""
    if not 1 <= file.samplerate <= FASTEST or file.channels > MOST_CHANNELS:
        raise ValueError(f"claims {file.channels} channels of {file.samplerate} samples per second")
    if not file.frames:
        raise ValueError("holds not one sample")
    for claimed, held in SIZES.findall(file.extra_info):
        if int(claimed) - int(held) > SLACK and int(claimed) < STREAMED:
            raise ValueError(f"claims {claimed} bytes and holds {held}, it is truncated")


def _mono(file: Any, wanted: int) -> NDArray[np.float32]:
    """Return the mean of the channels of the first ``wanted`` samples, from -1 to 1."""
    pieces: list[NDArray[np.float32]] = []
    held, loudest = 0, 0.0
    while held < wanted:
        piece = file.read(min(PIECE, wanted - held), dtype="float32", always_2d=True)
        if not len(piece):
            raise ValueError(f"holds {held} of {wanted} samples, it looks truncated")
        pieces.append(piece.mean(axis=1, dtype=np.float64).astype(np.float32))
        loudest = max(loudest, float(np.abs(piece).max()))
        held += len(piece)
    mean = np.concatenate(pieces)
    if loudest > LOUD and np.abs(mean).max() < QUIET:
        raise ValueError("has channels that cancel each other out in their mean")
    return mean
