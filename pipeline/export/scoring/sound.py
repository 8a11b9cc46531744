"""Recordings, from files, bytes or arrays."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from .samples import Samples, fits
from .spectrum import Spectrogram, log_mels

FULL_SCALE = 2**15
PIECE = 65_536
FASTEST, MOST_CHANNELS = 768_000, 64


def prepare(recordings: Sequence[Any], fitted: Mapping[str, Any]) -> Samples:
    """Turn recordings into log-mel frames, scaled as in training.

    Args:
        recordings: Paths, the bytes of sound files, or pairs of a rate and samples: one channel of int16.
        fitted: ``preprocessing.json``.
    """
    wish = SimpleNamespace(**fitted["spectrum"])
    measures = Spectrogram.of(wish)
    offset, scale = np.array(fitted["offset"]), np.array(fitted["scale"])
    samples = Samples([], [])
    for place, recording in enumerate(recordings):
        try:
            rate, heard = _heard(recording, fitted["longest_read"])
        except (OSError, RuntimeError, TypeError, ValueError) as error:  # libsndfile's are RuntimeErrors
            samples.reasons[place] = f"cannot be decoded ({error})"
            continue
        frames = log_mels(heard, rate, wish, measures)
        why = fits(frames, fitted["network"], unit="frame")
        if why is not None:
            samples.reasons[place] = why
            continue
        samples.rows.append(place)
        samples.steps.append(((frames.astype(np.float64) - offset) / scale).astype(np.float32))
    return samples


def _heard(recording: Any, longest: int) -> tuple[int, NDArray[np.int16]]:
    """Return the rate of a recording, and its samples: one channel of 16 bits."""
    if isinstance(recording, tuple):
        rate, given = recording
        samples = np.asarray(given)
        if samples.dtype != np.int16 or samples.ndim != 1 or not len(samples):
            raise ValueError(
                f"has samples of {samples.dtype} in the shape {samples.shape}, wanted is int16, (sample,)"
            )
        return int(rate), samples[: longest * int(rate)]
    file = io.BytesIO(recording) if isinstance(recording, bytes) else Path(recording)
    with soundfile.SoundFile(file) as sound:
        if not 1 <= sound.samplerate <= FASTEST or sound.channels > MOST_CHANNELS:
            raise ValueError(f"claims {sound.channels} channels of {sound.samplerate} samples per second")
        values = _mono(sound, min(sound.frames, longest * sound.samplerate))
        rate = int(sound.samplerate)
    peak = float(np.abs(values).max())
    if not np.isfinite(peak):
        raise ValueError("has samples that are no finite numbers")
    if peak > 1:
        values = values / peak
    scaled = np.clip(np.round(values * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return rate, scaled.astype(np.int16)


def _mono(sound: Any, wanted: int) -> NDArray[np.float32]:
    """Return the mean of the channels of the first samples, from -1 to 1."""
    pieces: list[NDArray[np.float32]] = []
    held = 0
    while held < wanted:
        piece = sound.read(min(PIECE, wanted - held), dtype="float32", always_2d=True)
        if not len(piece):
            raise ValueError(f"holds {held} of {wanted} samples, it looks truncated")
        pieces.append(piece.mean(axis=1, dtype=np.float64).astype(np.float32))
        held += len(piece)
    if not pieces:
        raise ValueError("holds not one sample")
    return np.concatenate(pieces)
