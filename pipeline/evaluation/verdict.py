"""The first line of every result: is the model worth it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipeline.evaluation.bootstrap import LEAST
from pipeline.evaluation.judge import DECIDING, SECOND, Head, Standing
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.signal import unbeaten_floor
from pipeline.evaluation.wording import apart, listed, number, numbers, percent, plural, short
from pipeline.leakage.findings import Findings

STILL_IMPROVING = "still improving when training stopped: raise training.epochs"

Outcome = Literal[
    "beats", "within noise", "no signal", "loses", "one class", "untested", "unrivalled", "inflated"
]
"""``no signal``: nothing that learns is clearly ahead of what learns nothing; ``one class``: the model says the same of
every sample; ``inflated``: it would be something better, but the audit found a leak."""


KINDS = {"floor": "floor", "ablation": "ablation"}
UNBEATEN = "nothing that learns is clearly ahead of the floor {}"

Told = tuple[Outcome, str, str]


class Verdict(BaseModel):
    """What may be claimed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    headline: str
    """The claim, one clause: ``cnn-lstm beats logistic``."""

    evidence: str
    """The numbers behind it."""

    rival: str | None
    """The best by the deciding metric of those that are no hybrid."""

    @property
    def sentence(self) -> str:
        """Headline and evidence, as the first line of a result."""
        return f"{self.headline}: {self.evidence}"


@dataclass(frozen=True)
class Doubts:
    """What the predictions and the test split themselves say against the score."""

    collapsed: str | None = None
    """What the model predicts for every sample, if it does that although they differ: ``one class only, 'b',``."""

    classes: Sequence[str] = ()
    """All classes or labels."""

    absent: Sequence[str] = ()
    """Those of them that no test sample has."""

    noun: Literal["class", "label"] = "class"


def verdict(
    lines: Sequence[Standing],
    *,
    head: Head,
    samples: int,
    confidence: float,
    doubts: Doubts | None = None,
    findings: Findings | None = None,
    shortage: str | None = None,
    alone: str | None = None,
    improving: bool = False,
    independent: float | None = None,
    missing: str = "no baseline ran",
) -> Verdict:
    """Return what the leaderboard allows to say about the judged model.

    Args:
        lines: The leaderboard, best first.
        head: Decides the metric.
        samples: Test samples behind it.
        confidence: Of the intervals.
        doubts: What the predictions and the test split say against the score.
        findings: What the leakage audit found.
        shortage: Why there are no intervals, where there are none.
        alone: The only group of the test split, where the score is meant to be about groups not known yet.
        improving: Whether the model was still getting better when its training stopped.
        independent: Independent draws behind the intervals; None: many.
        missing: Why there is nothing to compare with, where that is so.
    """
    name = DECIDING[head]
    model = next(line for line in lines if line.role == "model")
    others = [line for line in lines if line.role not in ("model", "hybrid")]
    where = f"on {plural(samples, 'test window' if head == 'forecast' else 'test sample')}"
    title = METRICS[name].inline
    outcome: Outcome
    if not others:
        outcome, headline = "unrivalled", f"{model.name} stands alone"
        score = f"{title} {number(model.scores[name])}"
        evidence = f"{score} {where}; {missing}, so nothing says whether that is good"
    else:
        best = others[0]
        outcome, headline = _claim(model, best)
        own, other = apart(model.scores[name], best.scores[name])
        told = f"{title} {own} against {other}, {_difference(best, confidence, shortage)}, {where}"
        evidence = f"{told}{_floors_lost(others, best)}{_contradicted(model, others, SECOND[head])}"
        if (floor := unbeaten_floor(lines, confidence, independent)) is not None:
            if floor != best:  # whose numbers these are has to be said
                whose = f"of the {KINDS.get(best.role, 'best rival')} {best.name}"
                told = f"{title} {own} against {other} {whose}, {_difference(best, confidence, shortage)}"
                evidence = f"{told}, and {number(floor.scores[name])} of {floor.name}, {where}"
            is_flat = doubts is not None and doubts.collapsed is not None
            outcome, headline, evidence = _silent(
                (outcome, headline, evidence), model.name, others, floor.name, is_flat=is_flat
            )
    outcome, headline, evidence = _doubted((outcome, headline, evidence), doubts or Doubts(), model.name)
    if findings is not None:
        outcome, headline, evidence = _audited((outcome, headline, evidence), findings)
    if alone is not None:
        evidence = f"{evidence}; all of them are of one group, {short(alone)!r}: how others fare is not known"
    if improving:
        evidence = f"{evidence}; {STILL_IMPROVING}"
    rival = others[0].name if others else None
    return Verdict(outcome=outcome, headline=headline, evidence=evidence, rival=rival)


def _silent(told: Told, model: str, others: Sequence[Standing], floor: str, *, is_flat: bool) -> Told:
    """Return outcome, headline and evidence where nothing that learns is clearly ahead of the best floor."""
    outcome, headline, evidence = told
    lost = next((line.name for line in others if line.role == "floor" and _is_behind(line)), None)
    if is_flat:
        return outcome, headline, f"no signal was found, as {UNBEATEN.format(floor)}; {evidence}"
    if lost is not None:
        headline = f"{model} loses to the floor {lost}, and no signal was found"
        return "loses", headline, f"{UNBEATEN.format(floor)}; {evidence}"
    if outcome in ("within noise", "loses"):
        return "no signal", f"{model} finds no signal, as {UNBEATEN.format(floor)}", evidence
    return told


def _is_behind(line: Standing) -> bool:
    """Return whether the model is clearly worse than this line."""
    return line.margin_interval is not None and line.margin_interval[1] < 0


def _doubted(told: Told, doubts: Doubts, model: str) -> Told:
    """Return outcome, headline and evidence as the predictions and the test split let them stand."""
    outcome, headline, evidence = told
    if doubts.collapsed is not None:
        outcome, headline = "one class", f"{model} predicts {doubts.collapsed} for every test sample"
    absent, classes = doubts.absent, doubts.classes
    left = [each for each in classes if each not in set(absent)]
    if absent and len(left) == 1 and doubts.noun == "class":
        outcome = "untested"
        headline = f"only one class, {short(left[0])!r}, occurs in the test split: no score says anything"
        evidence = f"whoever always answers it is always right; {evidence}"
    elif absent:
        names = listed([repr(short(each)) for each in absent])
        verb = "occurs" if len(absent) == 1 else "occur"
        nouns = "classes" if doubts.noun == "class" else "labels"
        some = f"{len(absent):,} of {len(classes):,} {nouns} ({names}) never {verb} in the test split"
        evidence = f"{some}; {evidence}"
    return outcome, headline, evidence


def _audited(told: Told, findings: Findings) -> Told:
    """Return outcome, headline and evidence in the light of the leakage audit: a leak stands in the first line."""
    outcome, headline, evidence = told
    leaks = [found.sentence.strip().rstrip(".") for found in findings.findings if found.severity == "leak"]
    warnings = findings.counts()["warning"]
    if leaks:
        joint = "but" if outcome in ("beats", "unrivalled") else "and"
        headline = f"{headline}, {joint} its test score may be inflated by {plural(len(leaks), 'leak')}"
        more = f" (and {plural(len(leaks) - 1, 'leak')} more)" if len(leaks) > 1 else ""
        evidence = f"{leaks[0]}{more}; {evidence}"
        outcome = "inflated" if outcome in ("beats", "within noise", "unrivalled") else outcome
    if warnings:
        evidence = f"{evidence}; the leakage audit has {plural(warnings, 'warning')}"
    return outcome, headline, evidence


def _claim(model: Standing, best: Standing) -> tuple[Outcome, str]:
    kind = KINDS.get(best.role, "best rival")
    if best.margin_interval is None:
        return "within noise", f"{model.name} cannot be told from the {kind} {best.name}"
    low, high = best.margin_interval
    if low > 0:
        return "beats", f"{model.name} beats the {kind} {best.name}"
    if high < 0:
        return "loses", f"{model.name} loses to the {kind} {best.name}"
    return "within noise", f"{model.name} is within noise of the {kind} {best.name}"


def _difference(best: Standing, confidence: float, shortage: str | None) -> str:
    margin = best.margin or 0.0
    if margin == 0.0 and best.margin_interval == (0.0, 0.0):
        return "no difference"
    bounds: tuple[float, ...] = best.margin_interval or ()
    if margin < 0:  # told as so much worse, so the interval is turned round with it
        bounds = tuple(-bound for bound in reversed(bounds))
    amount, *told = numbers(abs(margin), *bounds)
    if not amount.strip("0."):
        amount = number(abs(margin))
    words = f"{amount} {'better' if margin >= 0 else 'worse'}"
    if not bounds:
        why = f": {shortage}, and {LEAST} are needed" if shortage else ""
        return f"{words}, with too few independent samples for an interval{why}"
    noise = "" if bounds[0] > 0 or bounds[1] < 0 else ", which includes 0: within noise"
    return f"{words} ({percent(confidence)} interval {told[0]} to {told[1]}{noise})"


def _floors_lost(others: Sequence[Standing], best: Standing) -> str:
    """Return a clause about the floors that are better than the model, unless the headline names them."""
    lost = [
        line.name for line in others if line.role == "floor" and (line.margin or 0.0) < 0 and line != best
    ]
    return (
        f"; it loses to {listed(lost)} too, which learn{'s' if len(lost) == 1 else ''} nothing"
        if lost
        else ""
    )


def _contradicted(model: Standing, others: Sequence[Standing], second: str) -> str:
    """Return a clause about the floors, and the best rival, that the model is ahead of by one metric only."""
    sign = 1.0 if METRICS[second].better == "max" else -1.0
    for line in others:
        if line is not others[0] and line.role != "floor":
            continue
        known = second in model.scores and second in line.scores
        if known and (line.margin or 0.0) >= 0 and sign * (line.scores[second] - model.scores[second]) > 0:
            ahead, own = apart(line.scores[second], model.scores[second])
            kind = "the floor " if line.role == "floor" else ""
            return f"; but by {METRICS[second].inline} {kind}{line.name} is ahead, {ahead} against {own}"
    return ""
