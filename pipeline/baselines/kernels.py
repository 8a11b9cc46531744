"""The kernels of MiniRocket and MultiRocket: 84 of length 9, at many dilations, with thresholds from training."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.preprocessing.stream import Floats, Ints

LENGTH = 9
TRIPLES = tuple(combinations(range(LENGTH), 3))
"""Where each kernel has a weight of 2; its six other weights are −1, so that a level says nothing."""

MOST_DILATIONS = 32
MOST_CHANNELS = 9
GOLDEN = (5**0.5 + 1) / 2


@dataclass(frozen=True)
class Spread:
    """The kernels at one dilation."""

    dilation: int
    channels: tuple[Ints, ...]
    """Per kernel: the channels whose sum it reads."""

    thresholds: Floats
    """Shape ``(kernel, threshold)``: quantiles of what the kernel gives on a training sample."""

    @property
    def reach(self) -> int:
        """Steps from the middle of a kernel to its end."""
        return self.dilation * (LENGTH // 2)


@dataclass(frozen=True)
class Region:
    """Where the answers of a kernel are pooled."""

    rows: slice
    outside: NDArray[np.bool_] | None
    """Of these rows, what lies behind the end of a sample (or too near to it), ``(row, batch)``; None: nothing."""

    first: Ints
    """First step of each sample that counts, ``(batch,)``."""

    sizes: Ints
    """Steps of each sample that count, ``(batch,)``."""


def fit_spreads(inputs: Floats, lengths: Ints, *, features: int, seed: int) -> tuple[Spread, ...]:
    """Choose dilations by the length of the samples, and thresholds on some of them.

    Args:
        inputs: Training samples ``(batch, step, channel)``, 0 behind the end of each.
        lengths: Steps of each, ``(batch,)``.
        features: Thresholds in all; a multiple of 84 is kept.
        seed: Draws a sample for each kernel, and its channels.

    Source:
        Dempster, Schmidt & Webb (2021), "MiniRocket: A Very Fast (Almost) Deterministic Transform for Time Series
        Classification".
    """
    random = np.random.default_rng(seed)
    spreads, used = [], 0
    for dilation, count in dilations(int(np.median(lengths)), features // len(TRIPLES)):
        channels = tuple(_drawn_channels(random, inputs.shape[2]) for _ in TRIPLES)
        thresholds = np.empty((len(TRIPLES), count), np.float32)
        for kernel, chosen in enumerate(random.integers(len(inputs), size=len(TRIPLES))):
            signal = inputs[chosen, : lengths[chosen], channels[kernel]].reshape(len(channels[kernel]), -1)
            found = convolve(padded(signal.sum(axis=0)[:, None], dilation), dilation, kernel)
            share = np.mod(GOLDEN * np.arange(used + 1, used + count + 1), 1.0)
            thresholds[kernel] = np.quantile(found, share)
            used += count
        spreads.append(Spread(dilation, channels, thresholds))
    return tuple(spreads)


def dilations(steps: int, per_kernel: int) -> list[tuple[int, int]]:
    """Return dilations from 1 to as far as a kernel fits into ``steps``, each with its share of ``per_kernel``."""
    most = min(per_kernel, MOST_DILATIONS)
    furthest = max(np.log2((steps - 1) / (LENGTH - 1)), 0.0) if steps > 1 else 0.0
    found, times = np.unique(np.logspace(0, furthest, most, base=2).astype(np.int64), return_counts=True)
    counts = (times * (per_kernel / most)).astype(np.int64)
    for index in range(per_kernel - int(counts.sum())):
        counts[index % len(counts)] += 1
    return list(zip(found.tolist(), counts.tolist(), strict=True))


def padded(signal: Floats, dilation: int) -> Floats:
    """Return ``signal`` ``(step, …)`` with as many zeros before and behind it as a kernel reaches."""
    reach = dilation * (LENGTH // 2)
    wide = np.zeros((len(signal) + 2 * reach, *signal.shape[1:]), np.float32)
    wide[reach : reach + len(signal)] = signal
    return wide


def convolve(wide: Floats, dilation: int, kernel: int) -> Floats:
    """Return what a kernel gives at every step of a padded signal, ``(step, batch)``."""
    steps = len(wide) - dilation * (LENGTH - 1)
    shifted = [wide[place * dilation : place * dilation + steps] for place in range(LENGTH)]
    heavy, *others = (shifted[place] for place in TRIPLES[kernel])
    found = heavy + others[0]
    found += others[1]
    found *= np.float32(3.0)
    for each in shifted:
        found -= each
    return found


def outputs(spread: Spread, inputs: Floats, kernels: range) -> Iterator[tuple[int, Floats]]:
    """Yield each of ``kernels`` and what it gives on samples ``(channel, step, batch)``, ``(step, batch)``."""
    wide = padded(inputs.transpose(1, 0, 2), spread.dilation).transpose(1, 0, 2)
    for kernel in kernels:
        chosen = spread.channels[kernel]
        signal = wide[chosen[0]] if len(chosen) == 1 else wide[chosen].sum(axis=0)
        yield kernel, convolve(np.ascontiguousarray(signal), spread.dilation, kernel)


def region(spread: Spread, lengths: Ints, steps: int, *, inner: bool) -> Region:
    """Return where answers count: all of each sample, or where no zero before or behind it is seen.

    A sample too short to have an inner part counts as a whole.
    """
    first = np.where(inner & (lengths > 2 * spread.reach), spread.reach, 0)
    ends = lengths - first
    rows = slice(int(first.min()), int(ends.max()))
    step = np.arange(rows.start, rows.stop)[:, None]
    outside = (step < first) | (step >= ends)
    return Region(rows, outside if outside.any() else None, first, ends - first)


def _drawn_channels(random: np.random.Generator, channels: int) -> Ints:
    """Return the channels that a kernel reads: few more often than many."""
    most = min(channels, MOST_CHANNELS)
    count = int(2 ** random.uniform(0, np.log2(most + 1)))
    return np.sort(random.choice(channels, size=min(count, most), replace=False)).astype(np.int64)
