"""How the answers of a kernel become figures of a sample: how often, how much, where and how long they are high."""

import numpy as np
from numpy.typing import NDArray

from pipeline.baselines.kernels import TRIPLES, Region, Spread, outputs, region
from pipeline.preprocessing.stream import Floats, Ints

HALVES = (0, 1)
"""Every other kernel sees the zeros around a sample, the others do not; in turns from dilation to dilation."""


def shares(spreads: tuple[Spread, ...], inputs: Floats, lengths: Ints) -> Floats:
    """Return ``(batch, feature)``: the share of steps at which each kernel passes each of its thresholds.

    Args:
        spreads: The kernels.
        inputs: Shape ``(channel, step, batch)``.
        lengths: Steps of each sample, ``(batch,)``.
    """
    found = []
    for index, spread in enumerate(spreads):
        where = [region(spread, lengths, inputs.shape[1], inner=half == 1) for half in HALVES]
        for kernel, output in outputs(spread, inputs, range(len(TRIPLES))):
            here = where[(index + kernel) % 2]
            passed = _inside(output, here)[:, None] > spread.thresholds[kernel][:, None]  # (T, thresholds, B)
            found.append(counted(passed) / here.sizes)
    return np.concatenate(found).T.astype(np.float32)


def figures(spreads: tuple[Spread, ...], inputs: Floats, lengths: Ints) -> Floats:
    """Return ``(batch, feature)``, four figures per threshold: share, mean excess, mean place, longest run.

    Source:
        Tan et al. (2022), "MultiRocket: multiple pooling operators and transformations for fast and effective time
        series classification" (PPV, MPV, MIPV, LSPV).
    """
    found = []
    for index, spread in enumerate(spreads):
        for half in HALVES:
            here = region(spread, lengths, inputs.shape[1], inner=half == 1)
            kernels = range((index + half) % 2, len(TRIPLES), 2)
            found.append(_four(spread, inputs, kernels, here))
    return np.concatenate(found).T


def counted(passed: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how many rows are true, ``(row, …)`` → ``(…)``; bytes are added, and 255 of them cannot overflow."""
    total = np.zeros(passed.shape[1:], np.int32)
    for first in range(0, len(passed), 255):
        total += np.add.reduce(passed[first : first + 255].view(np.uint8), axis=0, dtype=np.uint8)
    return total


def _inside(output: Floats, here: Region) -> Floats:
    """Return the rows that count; what lies outside of a sample passes no threshold."""
    inside = output[here.rows]
    if here.outside is not None:
        inside[here.outside] = -np.inf
    return inside


def _four(spread: Spread, inputs: Floats, kernels: range, here: Region) -> Floats:
    """Return ``(feature, batch)`` of some kernels of one dilation."""
    rows, batch = here.rows.stop - here.rows.start, inputs.shape[2]
    thresholds = spread.thresholds.shape[1]
    passed = np.empty((rows, len(kernels), thresholds, batch), np.bool_)
    excess = np.zeros((len(kernels), thresholds, batch), np.float32)
    for slot, (kernel, output) in enumerate(outputs(spread, inputs, kernels)):
        inside = _inside(output, here)
        np.greater(inside[:, None], spread.thresholds[kernel][:, None], out=passed[:, slot])
        for which, threshold in enumerate(spread.thresholds[kernel]):
            np.maximum(inside - threshold, 0.0).sum(axis=0, out=excess[slot, which])
    flat = passed.reshape(rows, -1, batch)
    count = counted(flat)  # (K, B)
    place, longest = _places_and_runs(flat, here)
    many = np.maximum(count, 1)
    where = np.where(count > 0, place / many - here.first, -1.0)
    together = [count / here.sizes, excess.reshape(-1, batch) / many, where, longest]
    return np.concatenate(together, dtype=np.float32, casting="same_kind")


def _places_and_runs(passed: NDArray[np.bool_], here: Region) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """Return the sum of the steps that passed, and the longest run of them, both ``(kernel, batch)``."""
    run, longest = np.zeros(passed.shape[1:], np.uint16), np.zeros(passed.shape[1:], np.uint16)
    place = np.zeros(passed.shape[1:], np.int32)
    behind = np.zeros(passed.shape[1:], np.uint16)  # steps that passed up to here
    for row in passed.view(np.uint8):
        run += 1
        run *= row
        np.maximum(longest, run, out=longest)
        behind += row
        place += behind
    # Every step adds what passed before it, so a step at row r was added (rows - r) times.
    return behind.astype(np.int32) * (here.rows.start + len(passed)) - place, longest
