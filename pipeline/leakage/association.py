"""How far one thing says what another is, and how far chance would."""

import numpy as np
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints

SHUFFLES = 200


def cramers_v(one: Ints, other: Ints) -> float:
    """Return how closely two classifications go together, from 0 (not at all) to 1 (one gives the other).

    Args:
        one: Number of each sample's class in the first, from 0 without gaps.
        other: Likewise in the second.

    Source:
        Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T".
    """
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    if min(rows, columns) < 2:
        return 0.0
    phi = chi_square(one, other) / len(one)
    least = (rows - 1) * (columns - 1) / (len(one) - 1)
    smaller = min(rows - (rows - 1) ** 2 / (len(one) - 1), columns - (columns - 1) ** 2 / (len(one) - 1)) - 1
    return float(min(1.0, np.sqrt(max(0.0, phi - least) / smaller))) if smaller > 0 else 0.0


def chi_square(one: Ints, other: Ints) -> float:
    """Return Pearson's statistic of independence."""
    columns = int(other.max()) + 1
    table = np.bincount(one * columns + other, minlength=(int(one.max()) + 1) * columns)
    counts: NDArray[np.float64] = table.reshape(-1, columns).astype(np.float64)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    return float(((counts - expected) ** 2 / np.where(expected > 0, expected, 1)).sum())


def by_chance(one: Ints, other: Ints) -> float:
    """Return the share of shuffles that go together as closely, which chance alone would reach."""
    rng = np.random.default_rng(97)
    observed = chi_square(one, other)
    reached = sum(chi_square(one, rng.permutation(other)) >= observed for _ in range(SHUFFLES))
    return (reached + 1) / (SHUFFLES + 1)


def foretold(values: Ints, targets: Ints, trains: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how well a value gives the class of samples not seen: the mean share of each class that is right.

    Each value stands for the class that is most over-represented among its training samples.

    Args:
        values: Number of each sample's value.
        targets: Number of each sample's class.
        trains: Which samples the table of values is made of; the others are judged.

    Returns:
        The balanced accuracy, and what guessing would reach.
    """
    classes = int(targets.max()) + 1
    counts = np.zeros((int(values.max()) + 1, classes))
    np.add.at(counts, (values[trains], targets[trains]), 1)
    weights = counts / np.maximum(counts.sum(axis=0), 1)
    said = np.where(counts.sum(axis=1) > 0, weights.argmax(axis=1), weights.sum(axis=0).argmax())
    judged = ~trains
    right = (said[values] == targets)[judged]
    present = np.unique(targets[judged])
    recalls = [right[targets[judged] == name].mean() for name in present]
    return (float(np.mean(recalls)), 1 / max(len(present), 1)) if len(present) > 1 else (0.0, 1.0)
