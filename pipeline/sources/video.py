"""Video files."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.config import TableKind
from pipeline.sources.config_media import VideoConfig
from pipeline.sources.frames import CLIPS
from pipeline.sources.optional import needed
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.pixels import MOST_PIXELS, broken, raw, said, shrunk
from pipeline.sources.places.meaning import Place

SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".avi",
    ".mkv",
    ".webm",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".flv",
    ".ogv",
    ".ts",
    ".3gp",
)
ENOUGH = 0.9
"""Share of the frames a file claims that have to be there; edit lists and open groups of pictures hide a few."""


class VideoSource(MediaSource):
    """Films, one clip each: evenly spaced frames; a broken or empty film is one row with its defect."""

    kind: TableKind = "clips"
    suffixes = SUFFIXES
    what = "videos"
    columns = CLIPS
    payload = "image"
    threads = min(2, os.cpu_count() or 1)  # a decoder has threads of its own
    each = 1
    config: VideoConfig

    def __init__(self, config: VideoConfig, project: Path, *, answers: bool = True) -> None:
        self._av = needed("av", what="sources.kind=video", extra="video")
        super().__init__(config, project, answers=answers)

    def rows_of(self, place: Place) -> list[Row]:
        """Return the rows of the frames taken from one film."""
        clip = place.origin
        try:
            frames = list(taken(self._av, self.file(place), self.config))
        except Exception as error:  # whatever a decoder stumbles over: the film is set aside, with the reason
            picture = broken(f"cannot be decoded: {said(error, self.file(place))}")
            return [(clip, place.group, place.split, clip, 0, *picture, place.target)]
        return [
            (f"{clip}:{index}", place.group, place.split, clip, step, *raw(pixels), place.target)
            for step, (index, pixels) in enumerate(frames)
        ]


def taken(av: ModuleType, path: Path, config: VideoConfig) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield evenly spaced frames of a film with their numbers: each from the middle of an equal part.

    Raises:
        ValueError: There is no picture, the pictures are absurdly large, or the film ends before its end.
    """
    packets = _packets(av, path)
    count = min(config.frames, packets)
    wanted = [(2 * place + 1) * packets // (2 * count) for place in range(count)]
    decoded, step = 0, 0
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.options = {"err_detect": "crccheck+explode"}
        for index, frame in enumerate(film.decode(stream)):
            decoded += 1
            if frame.is_corrupt:
                raise ValueError(f"frame {index} is damaged")
            if step < count and index == wanted[step]:
                yield index, _pixels(frame, config.longest_side)
                step += 1
    if decoded < ENOUGH * packets:
        raise ValueError(f"{decoded} of {packets} frames can be decoded")


def _packets(av: ModuleType, path: Path) -> int:
    """Return the number of frames, counted: what a film claims about its length is often wrong."""
    with av.open(str(path)) as film:
        if not film.streams.video:
            raise ValueError("holds no pictures")
        stream = film.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MOST_PIXELS:
            raise ValueError(f"{width}x{height} pixels, more than {MOST_PIXELS}")
        counted, end = 0, 0.0
        for packet in film.demux():
            counted += packet.stream is stream and packet.size > 0
            if packet.pts is not None and packet.time_base is not None:
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if not counted:
            raise ValueError("holds not one frame")
        if counted < ENOUGH * stream.frames:
            raise ValueError(f"holds {counted} of {stream.frames} frames, the file is truncated")
        length = (film.duration or 0) / av.time_base
        if end < ENOUGH * length:
            raise ValueError(f"ends after {end:.1f} of {length:.1f} seconds, the file is truncated")
        return counted


def _pixels(frame: Any, longest_side: int) -> NDArray[np.uint8]:
    """Return a frame as it is to be looked at: grey or RGB, upright, not larger than wanted."""
    grey = frame.format.name.startswith("gray")
    pixels = frame.to_ndarray(format="gray" if grey else "rgb24")
    turned = np.rot90(pixels, round(frame.rotation / 90)) if frame.rotation else pixels
    return shrunk(turned, longest_side)
