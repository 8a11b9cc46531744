"""How sure a score is: resamples of the test split that keep together what is not independent.

Whole groups are drawn where there are several (two windows of one patient are no two witnesses),
blocks of consecutive windows from a series (overlapping windows share their values), single samples
otherwise. All models are scored on the same resamples, so a difference between two of them has an
interval too.

Source:
    Künsch (1989), "The Jackknife and the Bootstrap for General Stationary Observations" (moving
    blocks); Politis & Romano (1992) (circular blocks).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from pipeline.evaluation.samples import Ints, Samples, Sums

MOST_BINS = 20_000
"""More samples or groups than this are drawn in bundles of equal size, put together at random."""

FEW_GROUPS = 10
MOST_CELLS = 20_000_000
CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class Plan:
    """What is drawn: ``draws`` runs of ``span`` neighbouring bins, each with all its samples."""

    bins: Ints
    """Bin of each sample, shape ``(sample,)``."""

    count: int
    span: int
    draws: int
    how: str
    """For the report: what one resample is made of."""


def plan_resamples(samples: Samples, *, overlap: int, columns: int, seed: int) -> Plan | None:
    """Return how to resample, or None where nothing independent is left to draw.

    Args:
        samples: The test samples.
        overlap: Consecutive windows of a series that share values, at least 1.
        columns: Sums per sample; bounds the number of bins.
        seed: Puts bundles together.
    """
    most = max(min(MOST_BINS, MOST_CELLS // max(columns, 1)), 100)
    groups = samples.group.drop_nulls().n_unique()
    if groups > 1:
        return _whole_groups(samples, groups, most=most, seed=seed)
    if samples.time.null_count() < len(samples) or overlap > 1:
        return _blocks(len(samples), overlap, most=most)
    if len(samples) < 2:
        return None
    bins = _bundles(len(samples), most, seed)
    return Plan(bins, int(bins.max()) + 1, 1, int(bins.max()) + 1, f"{len(samples):,} single samples")


def resampled(plan: Plan, sums: Sums, *, resamples: int, seed: int) -> Sums:
    """Return the sums ``(resample, column)`` of resamples of ``(bin, column)``; equal seeds draw equally."""
    parts = [weights @ sums for weights in _weights(plan, resamples, seed)]
    return np.concatenate(parts)


def interval(values: Sums, confidence: float) -> tuple[float, float] | None:
    """Return the bounds that hold the middle ``confidence`` of the values that are defined."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return float(low), float(high)


def share_interval(share: float, draws: int, confidence: float) -> tuple[float, float]:
    """Return the interval of a share from ``draws`` independent draws.

    Used where all samples agree: each resample then agrees too, which would claim certainty.

    Source:
        Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    centre = (share + z * z / (2 * draws)) / (1 + z * z / draws)
    half = z / (1 + z * z / draws) * np.sqrt(share * (1 - share) / draws + z * z / (4 * draws * draws))
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)


def _whole_groups(samples: Samples, groups: int, *, most: int, seed: int) -> Plan:
    names = samples.group.fill_null("")
    codes = np.asarray(names.rank("dense").to_numpy(), np.int64) - 1
    count = int(codes.max()) + 1
    bins = _bundles(count, most, seed)[codes]
    drawn = int(bins.max()) + 1
    rough = "" if groups >= FEW_GROUPS else ", few enough to make the intervals rough"
    return Plan(bins, drawn, 1, drawn, f"{groups:,} whole groups{rough}")


def _blocks(count: int, overlap: int, *, most: int) -> Plan | None:
    """Return circular blocks as long as samples overlap, at least as the cube root of their number."""
    length = max(overlap, int(np.ceil(count ** (1 / 3))))
    if count < 2 * length:
        return None
    width = max(length // 8, -(-count // most), 1)
    bins = np.arange(count, dtype=np.int64) // width
    span = -(-length // width)
    drawn = int(bins[-1]) + 1
    how = f"blocks of {span * width:,} consecutive windows, which share values"
    return Plan(bins, drawn, span, max(drawn // span, 1), how)


def _bundles(count: int, most: int, seed: int) -> Ints:
    """Return a bundle for each of ``count`` units: itself, or one of ``most`` put together at random."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.random.default_rng([seed, 1]).permutation(count).astype(np.int64) % most


def _weights(plan: Plan, resamples: int, seed: int) -> Iterator[Sums]:
    """Yield how often each bin was drawn, ``(resample, bin)``, in parts of bounded size."""
    random = np.random.default_rng([seed, 2])
    size = max(CHUNK_CELLS // plan.count, 1)
    for first in range(0, resamples, size):
        rows = min(size, resamples - first)
        starts = random.integers(plan.count, size=(rows, plan.draws))
        cells = starts + plan.count * np.arange(rows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=rows * plan.count).reshape(rows, plan.count)
        yield _spread(counts.astype(np.float64), plan.span)


def _spread(counts: Sums, span: int) -> Sums:
    """Let each drawn bin bring along the ``span - 1`` bins after it, around the end."""
    if span == 1:
        return counts
    around = np.concatenate([counts[:, -(span - 1) :], counts], axis=1)
    total = np.cumsum(around, axis=1)
    total[:, span:] -= total[:, :-span].copy()
    return total[:, span - 1 :]
