"""How likely a difference is where nothing has changed, and which of many are too unlikely to be chance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2_contingency, fisher_exact, kstwobign

Floats = NDArray[np.float64]

LEAST_EXPECTED = 5.0
"""Rows that a cell of a chi-square table has to expect; rarer values are counted together."""


def distance_p_value(distance: float, ours: float, theirs: float) -> float:
    """Return the p-value of the distance of two cumulative distributions.

    Args:
        distance: Largest difference, 0 to 1.
        ours: Independent rows on one side.
        theirs: Independent rows on the other.

    Source:
        Stephens (1970) for the correction of small samples; Smirnov (1948).
    """
    root = np.sqrt(ours * theirs / (ours + theirs))
    return float(kstwobign.sf((root + 0.12 + 0.11 / root) * distance))


def shares_p_value(ours: Floats, theirs: Floats) -> float:
    """Return the p-value of two rows of counts, shape ``(value,)`` each, which need not be whole numbers.

    Chi-square over the values that both sides expect often enough, the others together; Fisher's exact test where
    only two groups are left of which one is rare.
    """
    first, second = _pooled(ours, theirs)
    if len(first) < 2:
        return 1.0
    table = np.stack([first, second])
    if len(first) == 2 and _expected(first, second).min() < LEAST_EXPECTED:
        return float(fisher_exact(np.round(table).astype(np.int64)).pvalue)
    return float(chi2_contingency(table, correction=False).pvalue)


def unseen_p_value(ours: Floats, theirs: Floats, worth: float) -> float:
    """Return how likely values as new as these are, where nothing has changed.

    Then a row is as likely on one side as on the other, in proportion to their rows. So is each value that both sides
    together have once; and one that they have k times is in new rows only with that chance to the power of k. Both are
    tested, each at half the level: many values that occur once, and one that occurs often.

    Args:
        ours: Rows of each value on the new side, shape ``(value,)``.
        theirs: The same of the reference.
        worth: Rows that are worth one independent one.

    Source:
        Fisher (1935), "The Design of Experiments", for the argument from exchange.
    """
    share = ours.sum() / (ours.sum() + theirs.sum())
    once = ours + theirs == 1
    many = float(binom.sf(ours[once].sum() - 1, once.sum(), share))
    unseen = ours[theirs == 0]
    often = len(ours) * share ** (float(unseen.max()) / worth) if len(unseen) else 1.0
    return min(1.0, 2.0 * min(many, often))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values of which the chance that one of them falls below a level by chance is at most that level.

    It asks nothing of how the tests depend on one another; columns of one table, and the answers to them, do. Benjamini
    and Hochberg's procedure promises only a share of false ones among those told, and a person is called for one.

    Source:
        Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p_values, kind="stable")
    left = len(order) - np.arange(len(order))
    raised = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * left))
    adjusted = np.empty(len(order))
    adjusted[order] = raised
    return [float(value) for value in adjusted]


def _pooled(ours: Floats, theirs: Floats) -> tuple[Floats, Floats]:
    """Return the counts with rare values together; with the rarest of the others where they still are rare."""
    there = ours + theirs > 0
    first, second = ours[there], theirs[there]
    if len(first) < 3:
        return first, second
    rare = _expected(first, second) < LEAST_EXPECTED
    while rare.any() and (~rare).sum() > 1 and _expected(first, second)[rare].sum() < LEAST_EXPECTED:
        totals = np.where(rare, np.inf, first + second)
        rare[int(totals.argmin())] = True
    if not rare.any():
        return first, second
    return np.append(first[~rare], first[rare].sum()), np.append(second[~rare], second[rare].sum())


def _expected(ours: Floats, theirs: Floats) -> Floats:
    """Return the rows of each value that the shorter side expects."""
    smaller = min(ours.sum(), theirs.sum()) / (ours.sum() + theirs.sum())
    return np.asarray((ours + theirs) * smaller)
