"""Every model's scores with intervals, and how far the judged model is ahead of each rival."""

from collections.abc import Mapping, Sequence
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
Role = Literal["model", "rival", "floor"]
Bounds = tuple[float, float]


SHARES = ("accuracy", "subset_accuracy")
"""Metrics that are the share of the samples that were right."""


class Entrant(BaseModel):
    """Who takes part: the judged model, a rival that learns, or a floor that does not."""

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
    binned: Mapping[str, Sums],
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
        binned: Sums per bin of each entrant, by its name.
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
        whole = columns.split(binned[entrant.name].sum(axis=0))
        drawn = columns.split(draws[entrant.name]) if draws else None
        answers[entrant.name] = metrics[name].score(whole), metrics[name].score(drawn) if draws else None
        scores, intervals = _scores((whole, drawn), metrics, plan, config.confidence)
        scores |= (extra or {}).get(entrant.name, {})
        lines.append(Standing(**entrant.model_dump(), scores=scores, intervals=intervals))
    model = next(entrant.name for entrant in entrants if entrant.role == "model")
    sign = 1.0 if metrics[name].better == "max" else -1.0
    compared = [_compared(line, answers, model, sign=sign, plan=plan, config=config) for line in lines]
    return sorted(compared, key=lambda line: (-sign * line.scores[name], line.parameters or 0))


def _compared(
    line: Standing,
    answers: Mapping[str, tuple[Sums, Sums | None]],
    model: str,
    *,
    sign: float,
    plan: Plan | None,
    config: EvaluationConfig,
) -> Standing:
    """Return ``line`` with how far the model is ahead of it; the pairs are scored on the same resamples."""
    if line.name == model:
        return line
    (own, own_drawn), (other, other_drawn) = answers[model], answers[line.name]
    margin, bounds = sign * float(own - other), None
    if plan is not None and own_drawn is not None and other_drawn is not None:
        drawn, wider = sign * (own_drawn - other_drawn), plan.widening(config.confidence)
        bounds = interval(drawn, config.confidence, score=margin, widening=wider)
    return line.model_copy(update={"margin": margin, "margin_interval": bounds})


def _draw(
    entrants: Sequence[Entrant],
    binned: Mapping[str, Sums],
    plan: Plan | None,
    *,
    config: EvaluationConfig,
    seed: int,
) -> dict[str, Sums]:
    """Return the sums of every resample, by entrant; all see the same resamples."""
    if plan is None:
        return {}
    names = [entrant.name for entrant in entrants]
    together = np.concatenate([binned[name] for name in names], axis=1)
    sums = resampled(plan, together, resamples=config.resamples, seed=seed)
    return dict(zip(names, np.split(sums, len(names), axis=1), strict=True))


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
