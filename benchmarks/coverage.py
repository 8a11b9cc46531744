"""How often the intervals of ``pipeline.evaluation.bootstrap`` hold the truth they claim to hold.

Every case draws many test splits whose true score is 0, with a known dependence, and counts in how
many the 95 % interval holds 0. Run with ``python benchmarks/coverage.py``; the counts vary by about 0.02.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluation.bootstrap import interval, plan_resamples, resampled, shortage
from pipeline.evaluation.samples import Samples

SPLITS = 400
RESAMPLES = 500
CONFIDENCE = 0.95
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Test splits of one kind: who the samples are, and how to draw their errors."""

    name: str
    samples: Samples
    overlap: int
    draw: Callable[[np.random.Generator], Values]
    same_groups: bool = False
    """Whether the truth is about these groups: their own errors stay, and add up to 0."""


def main() -> None:
    print(f"{'case':58} {'holds':>6}  {'of 95 %':8} made of")
    for case in cases():
        why = shortage(case.samples, overlap=case.overlap)
        if why is not None:
            print(f"{case.name:58} {'none':>6}  {'':8} {why}")
            continue
        share, how, _ = covered(case)
        print(f"{case.name:58} {share:6.3f}  {'' if share >= 0.90 else 'short':8} {how}")


def covered(case: Case) -> tuple[float, str, float]:
    """Return in which share of splits the interval of the mean holds 0, of what it is made, and its mean width."""
    random = np.random.default_rng(1)
    plan = plan_resamples(case.samples, overlap=case.overlap, columns=2, seed=0, same_groups=case.same_groups)
    if plan is None:
        raise SystemExit(f"{case.name} has no plan")
    errors = np.stack([case.draw(random) for _ in range(SPLITS)])  # (split, sample)
    sizes = np.bincount(plan.bins, minlength=plan.count)
    sums = np.stack([np.bincount(plan.bins, values, plan.count) for values in errors] + [sizes], axis=1)
    drawn = resampled(plan, sums.astype(np.float64), resamples=RESAMPLES, seed=0)
    wider = plan.widening(CONFIDENCE)
    held, width = 0, 0.0
    for index, values in enumerate(errors):
        scores, score = drawn[:, index] / drawn[:, -1], float(values.mean())
        bounds = interval(scores, CONFIDENCE, score=score, widening=wider)
        held += bounds is not None and bounds[0] <= 0.0 <= bounds[1]
        width += 0.0 if bounds is None else bounds[1] - bounds[0]
    return held / SPLITS, plan.how, width / SPLITS


def cases() -> Iterator[Case]:
    for count, horizon, memory in (
        (2880, 96, 0.0), (2880, 24, 0.0), (2880, 24, 0.9), (500, 24, 0.0),
        (300, 24, 0.8), (150, 24, 0.0), (700, 96, 0.0), (100, 24, 0.0),
    ):  # fmt: skip
        name = f"series of {count:,} windows, horizon {horizon}, AR {memory}"
        yield Case(name, series(count), horizon, overlapping(count, horizon, memory))
    for groups in (2, 3, 5, 8, 20):
        name = f"{groups} groups, each with times of its own"
        yield Case(name, panel(groups, 50, together=False), 1, by_group(groups, 50))
    for horizon in (1, 12):
        name = f"20 groups sharing time shocks, horizon {horizon}"
        yield Case(name, panel(20, 200, together=True), horizon, shocked(20, 200, horizon))
    yield Case(
        "3 groups sharing time shocks, horizon 12", panel(3, 400, together=True), 12, shocked(3, 400, 12)
    )
    name = "8 groups, much alike within, at the same times"
    yield Case(name, panel(8, 100, together=True), 1, by_group(8, 100))
    name = "20 groups at the same times, nothing shared"
    yield Case(name, panel(20, 200, together=True), 1, lambda random: random.normal(size=4000))
    for groups in (3, 8, 20):
        name = f"{groups} groups with errors of their own, split by time, horizon 12"
        draw = lasting(shocked(groups, 200, 12), groups, 200)
        yield Case(name, panel(groups, 200, together=True), 12, draw, same_groups=True)
    for count in (8, 100):
        yield Case(f"{count} single samples", single(count), 1, lambda random, n=count: random.normal(size=n))


def keys(group: list[str] | None, time: Values | None, count: int) -> Samples:
    times = pl.Series([None] * count if time is None else time.astype(np.int64)).cast(pl.Datetime("us"))
    groups = pl.Series(group or [None] * count, dtype=pl.String)
    return Samples(pl.DataFrame({"sample_id": np.arange(count), "group": groups, "time": times}))


def series(count: int) -> Samples:
    return keys(None, np.arange(count, dtype=float), count)


def single(count: int) -> Samples:
    return keys(None, None, count)


def panel(groups: int, each: int, *, together: bool) -> Samples:
    time = np.tile(np.arange(each), groups) if together else np.arange(groups * each)
    names = [f"group {index // each}" for index in range(groups * each)]
    return keys(names, time.astype(float), groups * each)


def overlapping(count: int, horizon: int, memory: float) -> Callable[[np.random.Generator], Values]:
    """Return errors of windows whose horizons overlap, from noise that remembers."""

    def draw(random: np.random.Generator) -> Values:
        noise = random.normal(size=count + horizon + 200)
        for index in range(1, len(noise)) if memory else ():
            noise[index] += memory * noise[index - 1]
        means = np.convolve(noise[200:], np.ones(horizon) / horizon, "valid")
        return np.asarray(means[:count], np.float64)

    return draw


def by_group(groups: int, each: int) -> Callable[[np.random.Generator], Values]:
    """Return errors that are much alike within a group."""

    def draw(random: np.random.Generator) -> Values:
        return np.repeat(random.normal(size=groups), each) + 0.3 * random.normal(size=groups * each)

    return draw


def shocked(groups: int, each: int, horizon: int) -> Callable[[np.random.Generator], Values]:
    """Return errors that hit all groups at the same time, beside some of their own."""
    common = overlapping(each, horizon, 0.0)

    def draw(random: np.random.Generator) -> Values:
        return np.concatenate([common(random)] * groups) + random.normal(size=groups * each)

    return draw


def lasting(
    draw: Callable[[np.random.Generator], Values], groups: int, each: int
) -> Callable[[np.random.Generator], Values]:
    """Return errors that also differ between the groups, always alike and with a mean of 0."""
    own = np.random.default_rng(0).normal(size=groups)
    return lambda random: draw(random) + np.repeat(own - own.mean(), each)


if __name__ == "__main__":
    main()
