"""How often the intervals of scores that are no means hold the true score: F1 of several labels, errors of a number.

Every case knows what its scores would be on endless samples (from ten million cells), draws many test splits,
judges them as ``evaluate`` does, and counts how often the 95 % interval of the score, and of the margin over a
rival, hold the truth. Run with ``python benchmarks/coverage_heads.py``; the counts vary by about 0.02.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.evaluation.bootstrap import plan_resamples
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.forecast import ForecastTruth, forecast_errors
from pipeline.evaluation.judge import DECIDING, HEADS, Entrant, Head, standings
from pipeline.evaluation.labels import LabelAnswer, LabelTruth, label_sums
from pipeline.evaluation.samples import Samples, Sums

SPLITS = 300
CELLS = 10_000_000
CONFIG = EvaluationConfig(resamples=400)
ENTRANTS = (Entrant(name="model", role="model"), Entrant(name="rival", role="rival"))
Draw = Callable[[np.random.Generator, int, bool], dict[str, Sums]]


@dataclass(frozen=True)
class Case:
    """One way to draw test splits: the sums of model and rival, per sample or of all."""

    name: str
    head: Head
    samples: int
    cells: int
    draw: Draw


def main() -> None:
    print(f"{'case':64} {'score':>6} {'margin':>7}")
    for case in cases():
        score, margin = covered(case)
        print(f"{case.name:64} {score:6.3f} {margin:7.3f}")


def covered(case: Case) -> tuple[float, float]:
    """Return in which share of splits the intervals of score and margin hold the truth."""
    random = np.random.default_rng(1)
    metrics, columns = HEADS[case.head]
    metric, name = metrics[DECIDING[case.head]], DECIDING[case.head]
    endless = case.draw(random, CELLS // case.cells, True)
    truth = {each: float(metric.score(columns.split(sums.sum(axis=0)))) for each, sums in endless.items()}
    sign = 1.0 if metric.better == "max" else -1.0
    ahead = sign * (truth["model"] - truth["rival"])
    plan = plan_resamples(single(case.samples), overlap=1, columns=3 * case.cells, seed=0)
    held = np.zeros(2)
    for split in range(SPLITS):
        binned = case.draw(random, case.samples, False)
        lines = standings(
            ENTRANTS,
            {name: [sums] for name, sums in binned.items()},
            head=case.head,
            plan=plan,
            config=CONFIG,
            seed=split,
        )
        model, rival = (next(line for line in lines if line.name == each) for each in ("model", "rival"))
        for index, (bounds, true) in enumerate(
            ((model.intervals.get(name), truth["model"]), (rival.margin_interval, ahead))
        ):
            held[index] += bounds is not None and bounds[0] <= true <= bounds[1]
    return float(held[0] / SPLITS), float(held[1] / SPLITS)


def cases() -> list[Case]:
    common, rare = (0.5, 0.4, 0.3, 0.2), (0.3, 0.1, 0.05, 0.02)
    return [
        *[
            Case(f"macro F1, {count:,} samples, {kind} labels", "multilabel", count, 4, labels(shares))
            for count in (60, 300, 1000)
            for kind, shares in (("frequent", common), ("rare", rare))
        ],
        *[
            Case(f"MSE of a number, {count:,} samples, {kind} errors", "regress", count, 1, numbers(tail))
            for count in (40, 300)
            for kind, tail in (("normal", np.inf), ("heavy-tailed", 5.0))
        ],
    ]


def labels(shares: tuple[float, ...]) -> Draw:
    """Return labels that come together, and two models that tell them with noise of their own."""

    def draw(random: np.random.Generator, count: int, together: bool) -> dict[str, Sums]:
        common = random.normal(size=(count, 1))
        level = 0.6 * common + 0.8 * random.normal(size=(count, len(shares)))
        target = level > -np.quantile(np.random.default_rng(0).normal(size=100_000), shares)
        truth = LabelTruth(single(0), pl.DataFrame(), tuple("abcdefgh"[: len(shares)]), target)
        sums = {}
        for name, noise in (("model", 0.6), ("rival", 0.8)):
            seen = level + noise * random.normal(size=level.shape) > 1.0 - np.sqrt(shares)
            answer = LabelAnswer(seen, seen.astype(np.float32))
            plan = None if together else plan_resamples(single(count), overlap=1, columns=2, seed=0)
            sums[name] = label_sums(truth, answer, plan)
        return sums

    return draw


def numbers(tail: float) -> Draw:
    """Return two models' errors that are partly alike, with so many degrees of freedom."""

    def draw(random: np.random.Generator, count: int, together: bool) -> dict[str, Sums]:
        target = np.zeros((count, 1, 1), np.float32)
        unit = np.ones((1, 1))
        truth = ForecastTruth(single(count), pl.DataFrame(), ("number",), target, unit, 0.0 * unit)
        plan = None if together else plan_resamples(single(count), overlap=1, columns=2, seed=0)
        shared = _noise(random, target.shape, tail)
        answers = {
            name: shared + size * _noise(random, target.shape, tail)
            for name, size in (("model", 0.5), ("rival", 0.7))
        }
        return {
            name: forecast_errors(truth, answer.astype(np.float32), plan).binned
            for name, answer in answers.items()
        }

    return draw


def _noise(
    random: np.random.Generator, shape: tuple[int, ...], tail: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return random.normal(size=shape) if np.isinf(tail) else random.standard_t(tail, size=shape)


def single(count: int) -> Samples:
    keys = {"sample_id": np.arange(count), "group": pl.Series([None] * count, dtype=pl.String)}
    return Samples(pl.DataFrame({**keys, "time": pl.Series([None] * count, dtype=pl.Datetime("us"))}))


if __name__ == "__main__":
    main()
