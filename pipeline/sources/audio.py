"""Recordings."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.base import SOUND
from pipeline.sources.config import TableKind
from pipeline.sources.config_media import AudioConfig
from pipeline.sources.optional import needed
from pipeline.sources.payload.gather import Row, Schema
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.pixels import said
from pipeline.sources.places.meaning import Place

SOUNDS: Schema = {"origin": SOUND["target"], "group": SOUND["target"], "split": SOUND["target"], **SOUND}
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


class AudioSource(MediaSource):
    """WAV, FLAC, OGG and what else libsndfile reads: one channel (the mean of all) of 16 bits, at its own rate."""

    kind: TableKind = "sound"
    suffixes = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64")
    what = "recordings"
    columns = SOUNDS
    payload = "sound"
    config: AudioConfig

    def __init__(self, config: AudioConfig, project: Path, *, answers: bool = True) -> None:
        self._soundfile = needed("soundfile", what="sources.kind=audio", extra="audio")
        super().__init__(config, project, answers=answers)

    def rows_of(self, place: Place) -> list[Row]:
        """Return the row of one recording; one that is empty, truncated or no sound has a defect instead."""
        try:
            rate, samples = self._samples(self.file(place))
            sound: Row = (rate, len(samples), samples.astype("<i2").tobytes(), None)
        except ValueError as error:  # what this file says of it
            sound = (None, None, None, str(error))
        except (
            Exception
        ) as error:  # whatever a decoder stumbles over: the recording is set aside, with the reason
            sound = (None, None, None, f"cannot be decoded: {said(error, self.file(place))}")
        return [(place.origin, place.group, place.split, *sound, place.target)]

    def _samples(self, path: Path) -> tuple[int, NDArray[np.int16]]:
        path.open("rb").close()  # libsndfile says "System error" of a file that is missing or locked
        with self._soundfile.SoundFile(path) as file:
            _require(file)
            wanted = min(file.frames, self.config.longest_seconds * file.samplerate)
            values = _mono(file, wanted)
            if file.channels > 1:
                self.remark("recordings have several channels, and their mean is read")
            if file.subtype in DEEP:
                self.remark("recordings have more than 16 bits per sample, and are kept with 16")
            if wanted < file.frames:
                self.remark(f"recordings were cut off after {self.config.longest_seconds} seconds")
            rate = int(file.samplerate)
        peak = float(np.abs(values).max())
        if not np.isfinite(peak):
            raise ValueError("has samples that are no finite numbers")
        if peak > 1:
            self.remark("recordings are louder than full scale and were made quieter")
            values = values / peak
        scaled = np.clip(np.round(values * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
        return rate, scaled.astype(np.int16)


def _require(file: Any) -> None:
    """Refuse what is no recording, or not all of one: libsndfile reads a truncated file to where it ends.

    Raises:
        ValueError: As said.
    """
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
