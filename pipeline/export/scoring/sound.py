"""Recordings, from files, bytes or arrays."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from .recording import listen
from .samples import Samples, fits
from .spectrum import Spectrogram, log_mels


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
        except ValueError as error:  # what this recording says of itself
            samples.reasons[place] = str(error)
            continue
        except (OSError, RuntimeError, TypeError) as error:  # libsndfile's are RuntimeErrors
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
        heard = listen(sound, longest)
    return heard.rate, heard.samples
