"""From the samples of a recording to the frames of its log-mel spectrogram.

An exported bundle takes this file along as it is, so it imports nothing of this package.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FULL_SCALE = 32_768.0
FLOOR = 1e-10
"""Power below which nothing is told apart: 100 dB under a sine at full scale."""

SILENCE_DB = 40.0
"""A frame so far below the loudest one is silence."""

AT_ONCE = 4096
"""Frames transformed together."""


class Wish(Protocol):
    """What is wanted of a spectrogram: settings of the same names in ``preprocessing.kind=sound``."""

    @property
    def rate(self) -> int:
        """Samples per second after resampling."""

    @property
    def mels(self) -> int:
        """Bands."""

    @property
    def frame_seconds(self) -> float:
        """Length of the stretch behind one frame."""

    @property
    def hop_seconds(self) -> float:
        """From one frame to the next."""

    @property
    def longest_seconds(self) -> float:
        """Where longer recordings are cut off."""

    @property
    def trim(self) -> bool:
        """Whether silence is cut off at both ends."""


def mels(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return frequencies on the mel scale: mel = 2595 · log10(1 + hertz / 700).

    Source:
        O'Shaughnessy (1987), "Speech Communication: Human and Machine", p. 150; the form that HTK uses.
    """
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz, np.float64) / 700.0))


def hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequencies of mels: the inverse of :func:`mels`."""
    return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))


@dataclass(frozen=True)
class Spectrogram:
    """Fixed measures of a spectrogram: how long a frame is, and which frequencies make a band."""

    frame: int
    """Samples behind one frame."""

    hop: int
    """Samples from one frame to the next."""

    window: Floats
    """Weights of a frame's samples, shape ``(frame,)``; their squares account for the scale."""

    size: int
    """Points of the Fourier transform."""

    filters: Floats
    """Weights of frequencies in bands, shape ``(size // 2 + 1, mel)``."""

    @classmethod
    def of(cls, config: Wish) -> "Spectrogram":
        """Return the measures that ``config`` asks for.

        Frames are weighted by a Hann window. The transform has at least as many points as a frame, and so many that
        the lowest band, which is the narrowest, holds a frequency.
        """
        frame = max(round(config.frame_seconds * config.rate), 2)
        hop = max(round(config.hop_seconds * config.rate), 1)
        edges = hertz(np.linspace(0.0, float(mels(config.rate / 2)), config.mels + 2))
        size = 2 ** math.ceil(math.log2(max(frame, config.rate / edges[1])))
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame) / frame)
        filters = _triangles(np.arange(size // 2 + 1) * (config.rate / size), edges)
        return cls(
            frame, hop, (window / (window.sum() / 2)).astype(np.float32), size, filters.astype(np.float32)
        )

    def frames(self, samples: int) -> int:
        """Return how many frames a recording has; its end is filled with silence."""
        return 1 + max(math.ceil((samples - self.frame) / self.hop), 0)

    def power(self, samples: Floats) -> Floats:
        """Return the power in each band, shape ``(frame, mel)``; a sine at full scale has 1 at its frequency.

        Args:
            samples: Between -1 and 1, shape ``(sample,)``.
        """
        count = self.frames(len(samples))
        padded = np.zeros((count - 1) * self.hop + self.frame, np.float32)
        padded[: len(samples)] = samples[: len(padded)]
        stretches = sliding_window_view(padded, self.frame)[:: self.hop]
        parts = []
        for first in range(0, count, AT_ONCE):
            spectrum = np.fft.rfft(stretches[first : first + AT_ONCE] * self.window, self.size)
            parts.append((spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ self.filters)
        return np.concatenate(parts)


def _triangles(frequencies: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return triangular weights, each rising from one edge to the next and falling to the one after."""
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequencies[:, None] - low) / (centre - low)
    falling = (high - frequencies[:, None]) / (high - centre)
    return np.maximum(np.minimum(rising, falling), 0.0)


def resampled(samples: Floats, rate: int, wanted: int) -> Floats:
    """Return a recording at another rate, by a polyphase filter that lets nothing fold back."""
    if rate == wanted or not len(samples):
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    return np.asarray(resample_poly(samples, wanted // common, rate // common), np.float32)


def log_mels(samples: NDArray[np.int16], rate: int, config: Wish, measures: Spectrogram) -> Floats:
    """Return the log-mel frames of a recording, shape ``(frame, mel)``, natural logarithm.

    Args:
        samples: As ingest wrote them, shape ``(sample,)``.
        rate: Samples per second.
        config: Rate, longest stretch, whether silence is cut off at the ends.
        measures: Made from ``config`` once for all recordings.
    """
    if not config.trim:  # silence is cut off first; without that, what is not kept need not be computed
        samples = samples[: math.ceil(config.longest_seconds * rate)]
    plain = resampled(samples.astype(np.float32) / np.float32(FULL_SCALE), rate, config.rate)
    power = measures.power(plain)
    if config.trim:
        power = _trimmed(power)
    longest = measures.frames(round(config.longest_seconds * config.rate))
    return np.log(np.maximum(power[:longest], np.float32(FLOOR)))


def _trimmed(power: Floats) -> Floats:
    """Return the frames from the first to the last that is not silence; all of them where nothing sounds."""
    loudness = power.sum(axis=1)
    loud = np.flatnonzero(loudness > loudness.max() * 10 ** (-SILENCE_DB / 10))
    return power[loud[0] : loud[-1] + 1] if len(loud) else power
