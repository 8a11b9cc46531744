"""Every model's scores with intervals, and how far the judged model is ahead of each rival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.evaluation.bootstrap import Plan, interval, resampled, share_interval
from pipeline.evaluation.config import EvaluationConfig
from pipeline.evaluation.metrics import (
    CLASSIFY_METRICS,
    FORECAST_METRICS,
    MULTILABEL_METRICS,
    REGRESS_METRICS,
    ClassSums,
    ErrorSums,
    LabelSums,
    Metric,
)
from pipeline.evaluation.samples import Sums

Head = Literal["classify", "multilabel", "regress", "forecast"]
Role = Literal["model", "hybrid", "ablation", "rival", "floor"]
Bounds = tuple[float, float]


SHARES = ("accuracy", "subset_accuracy")
"""Metrics that are the share of the samples that were right."""


class Entrant(BaseModel):
    """Who takes part: the judged model, another hybrid, a part of it, a rival, or a floor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: Role
    about: str = ""
    """What it does, in a few words."""

    parameters: int | None = None


class Standing(Entrant):
    """One line of the leaderboard."""

    scores: dict[str, float]
    intervals: dict[str, Bounds]
    margin: float | None = None
    """How much better the judged model is by the deciding metric; negative: worse. None for itself."""

    margin_interval: Bounds | None = None
    behind: float = 0.0
    """How much worse it is than the best line."""

    behind_interval: Bounds | None = None
    """None for the best line, and where there are no intervals."""

    gain: float | None = None
    """How much better it is than the best floor; None of floors, and where there is none."""

    gain_interval: Bounds | None = None
    trainings: int = 1
    """Seeds that it was trained with; its scores are means over them, its intervals know how they differ."""

    spread: float | None = None
    """Deviation of the deciding metric over the seeds; None for one of them."""


class Columns(Protocol):
    """Sums by name, made from columns."""

    @classmethod
    def split(cls, columns: Sums) -> Any:
        """Return the columns by name."""


HEADS: Mapping[Head, tuple[Mapping[str, Metric], type[Columns]]] = {
    "classify": (CLASSIFY_METRICS, ClassSums),
    "multilabel": (MULTILABEL_METRICS, LabelSums),
    "regress": (REGRESS_METRICS, ErrorSums),
    "forecast": (FORECAST_METRICS, ErrorSums),
}
DECIDING = {head: next(iter(metrics)) for head, (metrics, _) in HEADS.items()}
"""The metric of each head that decides the verdict."""

SECOND: Mapping[Head, str] = {
    "classify": "macro_f1",
    "multilabel": "micro_f1",
    "regress": "mae",
    "forecast": "mae",
}
"""The metric of each head that has to agree with it."""


def standings(
    entrants: Sequence[Entrant],
    binned: Mapping[str, Sequence[Sums]],
    *,
    head: Head,
    plan: Plan | None,
    config: EvaluationConfig,
    seed: int,
    extra: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Standing]:
    """Return the leaderboard, best first; where two are equal, the simpler one stands first.

    Args:
        entrants: Exactly one of them has the role ``model``.
        binned: Sums per bin of each training of an entrant, by its name.
        head: Which metrics.
        plan: How to resample; None gives scores without intervals.
        config: How many resamples, which intervals.
        seed: Of the draws.
        extra: Further scores by entrant, which have no interval.
    """
    metrics, columns = HEADS[head]
    name = DECIDING[head]
    draws = _draw(entrants, binned, plan, config=config, seed=seed)
    lines, answers = [], {}
    for entrant in entrants:
        trainings = np.stack([sums.sum(axis=0) for sums in binned[entrant.name]])
        whole = columns.split(trainings.mean(axis=0))
        drawn = columns.split(draws[entrant.name]) if draws else None
        answers[entrant.name] = metrics[name].score(whole), metrics[name].score(drawn) if draws else None
        scores, intervals = _scores((whole, drawn), metrics, plan, config.confidence)
        scores |= (extra or {}).get(entrant.name, {})
        spread = _spread(metrics[name].score(columns.split(trainings)))
        known = {"scores": scores, "intervals": intervals, "trainings": len(trainings), "spread": spread}
        lines.append(Standing(**entrant.model_dump(), **known))
    model = next(entrant.name for entrant in entrants if entrant.role == "model")
    sign = 1.0 if metrics[name].better == "max" else -1.0
    lines.sort(key=lambda line: (-sign * line.scores[name], line.parameters or 0))
    duel = Duel(answers, sign, plan, config.confidence)
    floor = next((line.name for line in lines if line.role == "floor"), None)
    return [_compared(line, duel, model=model, best=lines[0].name, floor=floor) for line in lines]


@dataclass(frozen=True)
class Duel:
    """Pairs of models by the deciding metric, scored on the same resamples."""

    answers: Mapping[str, tuple[Sums, Sums | None]]
    """Model → its score, and its score on every resample."""

    sign: float
    plan: Plan | None
    confidence: float

    def ahead(self, first: str, second: str) -> tuple[float, Bounds | None]:
        """Return how much better ``first`` is than ``second``, and the interval of that."""
        (own, own_drawn), (other, other_drawn) = self.answers[first], self.answers[second]
        margin = self.sign * float(own - other)
        if self.plan is None or own_drawn is None or other_drawn is None:
            return margin, None
        drawn, wider = self.sign * (own_drawn - other_drawn), self.plan.widening(self.confidence)
        return margin, interval(drawn, self.confidence, score=margin, widening=wider)


def _compared(line: Standing, duel: Duel, *, model: str, best: str, floor: str | None) -> Standing:
    """Return ``line`` with how far the model is ahead of it, it behind the best, and ahead of the best floor."""
    told: dict[str, float | Bounds | None] = {}
    if line.name != model:
        told["margin"], told["margin_interval"] = duel.ahead(model, line.name)
    if line.name != best:
        told["behind"], told["behind_interval"] = duel.ahead(best, line.name)
    if floor is not None and line.role != "floor":
        told["gain"], told["gain_interval"] = duel.ahead(line.name, floor)
    return line.model_copy(update=told)


def _spread(scores: Sums) -> float | None:
    return float(np.std(scores, ddof=1)) if len(scores) > 1 else None


def _draw(
    entrants: Sequence[Entrant],
    binned: Mapping[str, Sequence[Sums]],
    plan: Plan | None,
    *,
    config: EvaluationConfig,
    seed: int,
) -> dict[str, Sums]:
    """Return the sums of every resample, by entrant; all see the same resamples of the test split."""
    if plan is None:
        return {}
    trainings = [sums for entrant in entrants for sums in binned[entrant.name]]
    drawn = resampled(plan, np.concatenate(trainings, axis=1), resamples=config.resamples, seed=seed)
    counts = [len(binned[entrant.name]) for entrant in entrants]
    borders = np.cumsum([count * trainings[0].shape[1] for count in counts])[:-1]
    generator = np.random.default_rng((seed, 1))
    parts = zip(entrants, np.split(drawn, borders, axis=1), counts, strict=True)
    return {entrant.name: _over_seeds(part, count, generator) for entrant, part, count in parts}


def _over_seeds(drawn: Sums, count: int, generator: np.random.Generator) -> Sums:
    """Return ``(resample, column)`` of ``count`` trainings side by side: the mean of trainings drawn anew each time.

    How trainings differ is told a little too small by draws from few of them, by the factor that is put back here.

    Source:
        Bouthillier et al. (2021), "Accounting for Variance in Machine Learning Benchmarks" (seeds are a source of
        variance beside the test samples).
    """
    if count == 1:
        return drawn
    each = drawn.reshape(len(drawn), count, -1)  # (R, K·C) -> (R, K, C)
    chosen = generator.integers(0, count, (len(each), count))
    mean = each.mean(axis=1)
    other = np.take_along_axis(each, chosen[..., None], axis=1).mean(axis=1)
    widened: Sums = mean + (other - mean) * np.sqrt(count / (count - 1))
    return widened


def _scores(
    own: tuple[Any, Any], metrics: Mapping[str, Metric], plan: Plan | None, confidence: float
) -> tuple[dict[str, float], dict[str, Bounds]]:
    """Return the defined scores, and the interval of each."""
    whole, drawn = own
    scores = {name: float(metric.score(whole)) for name, metric in metrics.items()}
    scores = {name: value for name, value in scores.items() if np.isfinite(value)}
    intervals: dict[str, Bounds] = {}
    if plan is not None and drawn is not None:
        wider = plan.widening(confidence)
        for name, score in scores.items():
            bounds = interval(metrics[name].score(drawn), confidence, score=score, widening=wider)
            bounds = bounds and metrics[name].clipped(bounds)
            if name in SHARES and score in (0.0, 1.0):
                bounds = share_interval(score, int(plan.independent), confidence)
            if bounds and bounds[0] < bounds[1]:  # a point would claim certainty
                intervals[name] = bounds
    return scores, intervals
