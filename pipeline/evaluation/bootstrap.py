"""How sure a score is: resamples of the test split that keep together what is not independent.

Blocks of consecutive windows are drawn from a series (overlapping windows share their values), blocks of
time from several groups that were observed at the same times (a storm hits all of them at once), whole
groups where they were not (two windows of one patient are no two witnesses), single samples otherwise.
All models are scored on the same resamples, so a difference between two of them has an interval too.

A percentile interval from few draws is too narrow; it is widened around the score as Student's t widens
the normal one, and below ``LEAST`` independent draws there is none. ``benchmarks/coverage.py`` measures
how often the intervals hold the truth. What stays below nominal: errors that remain alike for longer
than a block; skewed scores of 5 to 10 groups; and where fewer than ``LEAST`` groups share their times,
these groups are taken as given: how the model fares on *other* groups is less sure than the interval says.
From ``LEAST`` groups on, those that share their times are drawn too, which errs on the wide side, unless the
split is by time: the test split then has the groups of the training split, and the score is about them.

Source:
    Künsch (1989), "The Jackknife and the Bootstrap for General Stationary Observations" (moving
    blocks); Politis & Romano (1992) (circular blocks); Schmeiser (1982), "Batch Size Effects in the
    Analysis of Simulation Output" (10 to 30 blocks); Hesterberg (2015), "What Teachers Should Know
    About the Bootstrap" (narrowness of percentile intervals, t quantiles).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import polars as pl

from pipeline.evaluation.samples import Ints, Samples, Sums
from pipeline.evaluation.wording import plural
from pipeline.foundation.arrays import distinct

MOST_BINS = 20_000
"""More samples or groups than this are drawn in bundles of equal size, put together at random."""

LEAST = 5
"""Fewer independent draws than this give no interval."""

BLOCKS = 20
"""Blocks of a series: more gain little, and longer blocks keep more of what is alike together."""

OVERLAPS = 3
"""A block is at least so many times as long as windows overlap."""

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
    independent: float
    """Independent draws in one resample: groups, samples, or lengths of a block; at least ``LEAST``."""

    how: str
    """For the report: what one resample is made of."""

    groups: int = 1
    """Bins are ``(group, time)``, and groups are drawn too, if there is more than one."""

    def widening(self, confidence: float) -> float:
        """Return the factor by which an interval of percentiles is too narrow."""
        normal = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
        free = self.independent - 1.0
        return student(normal, free) / normal * math.sqrt(self.independent / free)


def student(normal: float, free: float) -> float:
    """Return the quantile of Student's t with ``free`` (at least 4) degrees of freedom.

    Args:
        normal: The quantile of the normal distribution at the same probability.
        free: Degrees of freedom.

    Source:
        Abramowitz & Stegun (1964), 26.7.5.
    """
    x, square = normal, normal * normal
    first = x * (square + 1) / 4
    second = x * (5 * square**2 + 16 * square + 3) / 96
    third = x * (3 * square**3 + 19 * square**2 + 17 * square - 15) / 384
    fourth = x * (79 * square**4 + 776 * square**3 + 1482 * square**2 - 1920 * square - 945) / 92160
    return x + first / free + second / free**2 + third / free**3 + fourth / free**4


def plan_resamples(
    samples: Samples, *, overlap: int, columns: int, seed: int, same_groups: bool = False
) -> Plan | None:
    """Return how to resample, or None where too little that is independent is left to draw.

    Args:
        samples: The test samples.
        overlap: Consecutive windows of a series that share values, at least 1.
        columns: Sums per sample; bounds the number of bins.
        seed: Puts bundles together.
        same_groups: Whether the groups are those of the training split (it was divided by time): the score is then
            about these groups at other times, and they are not drawn where they share their times.
    """
    if shortage(samples, overlap=overlap) is not None:
        return None
    most = max(min(MOST_BINS, MOST_CELLS // max(columns, 1)), 100)
    ticks = _ticks(samples, overlap)
    if ticks is not None:
        if samples.group.n_unique() > 1:
            return _panel(samples, ticks, overlap, most=most, seed=None if same_groups else seed)
        return _blocks(ticks, overlap, most=most)
    groups = samples.group.drop_nulls().n_unique()
    if groups > 1:
        return _whole_groups(samples, groups, most=most, seed=seed)
    bins = _bundles(len(samples), most, seed)
    drawn = int(bins.max()) + 1
    return Plan(bins, drawn, 1, drawn, float(len(samples)), f"{len(samples):,} single samples")


def shortage(samples: Samples, *, overlap: int) -> str | None:
    """Return what there is too little of for an interval, with its number; None if there is enough."""
    ticks = _ticks(samples, overlap)
    groups = samples.group.drop_nulls().n_unique()
    count, noun = (groups, "group") if groups > 1 else (len(samples), "sample")
    if ticks is not None:
        steps = int(ticks.max()) + 1
        count, noun = steps // overlap, "time step"
    found = f"there {'is' if count == 1 else 'are'} {plural(count, f'independent {noun}')}"
    if ticks is not None and overlap > 1:
        found += f", as {overlap:,} consecutive windows of {steps:,} share values"
    return found if count < LEAST else None


def resampled(plan: Plan, sums: Sums, *, resamples: int, seed: int) -> Sums:
    """Return the sums ``(resample, column)`` of resamples of ``(bin, column)``; equal seeds draw equally."""
    parts = [weights @ sums for weights in _weights(plan, resamples, seed)]
    return np.concatenate(parts)


def interval(
    values: Sums, confidence: float, *, score: float | None = None, widening: float = 1.0
) -> tuple[float, float] | None:
    """Return the bounds that hold the middle ``confidence`` of the values that are defined.

    Args:
        values: One score per resample.
        confidence: Share of them inside.
        score: The score of the whole, from which the bounds are moved away.
        widening: By this factor.
    """
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    if score is not None:  # where the score lies outside, a bound must not come nearer
        low = min(score - widening * (score - low), low)
        high = max(score + widening * (high - score), high)
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


def _ticks(samples: Samples, overlap: int) -> Ints | None:
    """Return when each sample was, as a count of the steps that occur; None where time ties nothing.

    Groups have common ticks if most samples share theirs with another group; otherwise each group
    has a time of its own, and is drawn as a whole, as it is where it is a single sample.
    """
    timed = samples.time.null_count() == 0
    groups = samples.group.drop_nulls().n_unique()
    if groups < 2:
        tied = samples.time.null_count() < len(samples) or overlap > 1
        order = samples.time.rank("ordinal") - 1 if timed else pl.Series(np.arange(len(samples)))
        return np.asarray(order.to_numpy(), np.int64) if tied else None
    if not timed or groups == len(samples):
        return None
    keys = samples.keys.select("group", time=pl.col("time").cast(pl.Datetime("us")).cast(pl.Int64))
    step = keys.select(pl.col("time").sort().diff().over("group")).drop_nulls()["time"].median()
    tick = (pl.col("time") - pl.col("time").min()) // max(int(step or 1), 1)  # type: ignore[arg-type]
    keys = keys.with_columns(tick=tick.rank("dense").cast(pl.Int64) - 1)
    shared = keys.select((pl.col("group").n_unique().over("tick") > 1).mean()).item()
    return np.asarray(keys["tick"].to_numpy(), np.int64) if shared > 0.5 else None


def _whole_groups(samples: Samples, groups: int, *, most: int, seed: int) -> Plan:
    names = samples.group.fill_null("")
    codes = np.asarray(names.rank("dense").to_numpy(), np.int64) - 1
    count = int(codes.max()) + 1
    bins = _bundles(count, most, seed)[codes]
    drawn = int(bins.max()) + 1
    return Plan(bins, drawn, 1, drawn, float(groups), f"{groups:,} whole groups")


def _blocks(ticks: Ints, overlap: int, *, most: int) -> Plan:
    """Return circular blocks of time, far longer than samples overlap where the split allows."""
    count = int(ticks.max()) + 1
    length = min(max(OVERLAPS * overlap, -(-count // BLOCKS)), max(count // LEAST, 1))
    width = max(length // 8, -(-count // most), 1)
    bins = ticks // width
    span = -(-length // width)
    drawn = int(bins.max()) + 1
    how = f"blocks of {span * width:,} consecutive windows, which share values"
    return Plan(bins, drawn, span, max(drawn // span, 1), max(count / length, LEAST), how)


def _panel(samples: Samples, ticks: Ints, overlap: int, *, most: int, seed: int | None) -> Plan:
    """Return blocks of time that all groups share; from ``LEAST`` groups on, groups are drawn as well.

    Both are drawn independently, and a window counts as often as its group times its block. Without a
    ``seed`` the groups are taken as given.

    Source:
        Owen (2007), "The Pigeonhole Bootstrap": never too narrow, whichever of the two ties errors.
    """
    groups = samples.group.n_unique()
    drawn = seed is not None and groups >= LEAST
    lots = min(groups, max(most // (5 * BLOCKS), LEAST)) if drawn else 1
    plan = _blocks(ticks, overlap, most=max(most // lots, BLOCKS))
    length = plan.span * distinct(ticks[plan.bins == 0]).size
    how = f"blocks of {length:,} time steps, each with the windows of all {groups:,} groups"
    if seed is None:
        return replace(plan, how=f"{how}, which are the ones that were trained on: the split is by time")
    if lots == 1:
        return replace(plan, how=f"{how}, which are too few to be drawn themselves")
    codes = np.asarray(samples.group.fill_null("").rank("dense").to_numpy(), np.int64) - 1
    bins = _bundles(groups, lots, seed)[codes] * plan.count + plan.bins
    return Plan(
        bins,
        lots * plan.count,
        plan.span,
        plan.draws,
        min(float(lots), plan.independent),
        f"{how}, and of whole groups",
        groups=lots,
    )


def _bundles(count: int, most: int, seed: int) -> Ints:
    """Return a bundle for each of ``count`` units: itself, or one of ``most`` put together at random."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.random.default_rng([seed, 1]).permutation(count).astype(np.int64) % most


def _weights(plan: Plan, resamples: int, seed: int) -> Iterator[Sums]:
    """Yield how often each bin was drawn, ``(resample, bin)``, in parts of bounded size."""
    random = np.random.default_rng([seed, 2])
    size = max(CHUNK_CELLS // plan.count, 1)
    times = plan.count // plan.groups
    for first in range(0, resamples, size):
        rows = min(size, resamples - first)
        counts = _spread(_counts(random, (rows, times), plan.draws), plan.span)
        if plan.groups > 1:
            groups = _counts(random, (rows, plan.groups), plan.groups)
            counts = (groups[:, :, None] * counts[:, None, :]).reshape(rows, plan.count)
        yield counts


def _counts(random: np.random.Generator, shape: tuple[int, int], draws: int) -> Sums:
    """Return how often each bin was drawn alone, ``(resample, bin)``."""
    rows, bins = shape
    cells = random.integers(bins, size=(rows, draws)) + bins * np.arange(rows)[:, None]
    return np.bincount(cells.ravel(), minlength=rows * bins).reshape(shape).astype(np.float64)


def _spread(counts: Sums, span: int) -> Sums:
    """Let each drawn bin bring along the ``span - 1`` bins after it, around the end."""
    if span == 1:
        return counts
    around = np.concatenate([counts[:, -(span - 1) :], counts], axis=1)
    total = np.cumsum(around, axis=1)
    total[:, span:] -= total[:, :-span].copy()
    return total[:, span - 1 :]
