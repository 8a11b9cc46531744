"""Which frames of a clip become its steps: single images, or several together as a volume."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import ArrayWriter, read_array
from pipeline.preprocessing.config_media import ClipsConfig
from pipeline.preprocessing.media.images import Ints

AT_ONCE = 64
"""Volumes put together at a time."""


@dataclass(frozen=True)
class Cut:
    """The frames that are decoded, and how they become steps."""

    chosen: NDArray[np.bool_]
    """Which frames are decoded, shape ``(frame,)``."""

    images: Ints
    """Decoded frames of each clip, shape ``(clip,)``."""

    lengths: Ints
    """Steps of each clip, shape ``(clip,)``."""

    slices: Ints | None = None
    """Which of the decoded frames each volume holds, shape ``(step, depth)``; None: each frame is a step."""


def cut(frames: pl.DataFrame, sizes: Ints, config: ClipsConfig) -> Cut:
    """Return what ``config`` takes of clips.

    Args:
        frames: One row per frame: ``number`` of its clip, and ``origin``.
        sizes: Frames of each clip, shape ``(clip,)``.
        config: How many steps, and what a step holds.
    """
    if config.volumes == "none":
        lengths = np.minimum(sizes, config.frames)
        return Cut(evenly(sizes, config.frames), lengths, lengths)
    places = _runs(sizes, config) if config.volumes == "runs" else _files(frames, len(sizes), config)
    volumes = np.concatenate(places)  # (step, depth)
    chosen = np.zeros(frames.height, bool)
    chosen[volumes] = True
    images = np.add.reduceat(chosen.astype(np.int64), np.cumsum(sizes) - sizes)
    lengths = np.array([len(each) for each in places], np.int64)
    return Cut(chosen, images, lengths, np.searchsorted(np.flatnonzero(chosen), volumes))


def stack(stream: Path, slices: Ints) -> tuple[int, ...]:
    """Put the images of a stream together to volumes; return the shape of one.

    Args:
        stream: File with images ``(image, band, height, width)``; afterwards with ``(step, band, depth, height,
            width)``.
        slices: Images of each volume, shape ``(step, depth)``.
    """
    images: NDArray[np.uint8] = read_array(stream, mapped=True)
    bands, *size = images.shape[1:]
    frame = (bands, slices.shape[1], *size)
    whole = stream.with_name("volumes.npy")
    with ArrayWriter(whole, np.uint8, frame) as writer:
        for first in range(0, len(slices), AT_ONCE):
            some = images[slices[first : first + AT_ONCE]]  # (N, D, C, H, W)
            writer.append(np.ascontiguousarray(some.swapaxes(1, 2)))
    del images
    whole.replace(stream)
    return frame


def evenly(sizes: Ints, most: int) -> NDArray[np.bool_]:
    """Return which frames are taken: ``most`` of each clip, evenly spaced with its first and its last.

    Args:
        sizes: Frames of each clip, shape ``(clip,)``.
        most: Frames wanted; a shorter clip gives all, and of one wanted frame it is the middle one.

    Returns:
        Shape ``(frame,)``, all clips one after the other.
    """
    chosen = np.ones(int(sizes.sum()), bool)
    firsts = np.cumsum(sizes) - sizes
    for first, size in zip(firsts[sizes > most].tolist(), sizes[sizes > most].tolist(), strict=True):
        chosen[first : first + size] = False
        chosen[first + _spread(size, most)] = True
    return chosen


def _spread(size: int, wanted: int) -> Ints:
    """Return ``wanted`` places among ``size``, evenly spaced from first to last; some twice where there are fewer."""
    places = np.linspace(0, size - 1, wanted).round() if wanted > 1 else np.array([size // 2])
    return places.astype(np.int64)


def _runs(sizes: Ints, config: ClipsConfig) -> list[Ints]:
    """Return per clip the frames of its volumes, ``(step, depth)``, one volume going on where the last ended."""
    firsts = np.cumsum(sizes) - sizes
    steps = np.clip(sizes // config.depth, 1, config.frames)
    return [
        (first + _spread(size, count * config.depth)).reshape(count, config.depth)
        for first, size, count in zip(firsts.tolist(), sizes.tolist(), steps.tolist(), strict=True)
    ]


def _files(frames: pl.DataFrame, clips: int, config: ClipsConfig) -> list[Ints]:
    """Return per clip the frames of its volumes, ``(step, depth)``, one volume per file."""
    files = (
        frames.select("number", file=pl.col("origin").str.replace(r":\d+$", ""), row=pl.int_range(pl.len()))
        .group_by("number", "file", maintain_order=True)
        .agg(first=pl.col("row").min(), size=pl.len().cast(pl.Int64))
    )
    numbers = files["number"].to_numpy()
    volumes = [
        first + _spread(size, config.depth) for first, size in files.select("first", "size").iter_rows()
    ]
    together = np.stack(volumes)
    members = (np.flatnonzero(numbers == number) for number in range(clips))
    return [together[own[np.unique(_spread(len(own), min(len(own), config.frames)))]] for own in members]
