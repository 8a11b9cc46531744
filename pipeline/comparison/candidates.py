"""From a plan to trainings: each candidate's own params, checked before anything is trained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pipeline.comparison.config import ALIKE, OWN, CandidatePlan, ComparisonPlan
from pipeline.config import Config
from pipeline.contradictions import contradictions
from pipeline.foundation.dotted import nested
from pipeline.foundation.errors import ConfigError
from pipeline.model.blueprint import Blueprint
from pipeline.params import validated_config
from pipeline.preprocessing.meta import StreamMeta
from pipeline.proposal.settings import merged

if TYPE_CHECKING:
    from pipeline.model.matching import Matched

Role = Literal["model", "hybrid", "ablation", "rival"]


@dataclass(frozen=True)
class Candidate:
    """A network with its settings."""

    name: str
    role: Role
    about: str
    config: Config


@dataclass(frozen=True)
class Committee:
    """Several trainings that answer together."""

    name: str
    role: Role
    about: str
    members: Mapping[str, int]
    """Candidate → trainings of it."""

    combine: Literal["mean", "stacked"]


@dataclass(frozen=True)
class Field:
    """Who takes part, the project's own model first, and who does not, with the reason."""

    candidates: Mapping[str, Candidate]
    committees: Sequence[Committee] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def field_of(plan: ComparisonPlan, config: Config, meta: StreamMeta) -> Field:
    """Return the candidates of ``plan`` beside the model of ``config``.

    What cannot read the stream, or contradicts the settings of the project, is left out with the reason.

    Raises:
        ConfigError: A candidate's settings are none.
    """
    own = Candidate(OWN, "model", _about(config, meta), config)
    candidates, left_out = {OWN: own}, {}
    for name, wanted in _planned(plan):
        reason = _not_for(wanted, meta)
        if reason is None:
            try:
                changed = _changed(config, wanted.settings)
                reason = _other_question(changed, config)
                if reason is None:
                    candidates[name] = Candidate(
                        name, wanted.role, wanted.about or _about(changed, meta), changed
                    )
            except ConfigError as error:
                reason = str(error).removeprefix(f"{_SOURCE}: ")
        if reason is not None:
            left_out[name] = reason
    if plan.ablations:
        _add_ablations(own, meta, candidates, left_out)
    committees = []
    for name, wanted in plan.candidates.items():
        missing = [member for member in wanted.members if member not in candidates]
        if missing:
            left_out[name] = f"its member {missing[0]} does not take part"
        elif wanted.combine == "stacked" and meta.head == "multilabel":
            left_out[name] = (
                "combine=stacked weighs classes, numbers and forecasts, not labels; use combine=mean"
            )
        elif wanted.members:
            committees.append(_committee(name, wanted))
    return Field(candidates, committees, left_out)


_SOURCE = "the candidate"


def _planned(plan: ComparisonPlan) -> Iterator[tuple[str, CandidatePlan]]:
    return ((name, wanted) for name, wanted in plan.candidates.items() if not wanted.members)


def _not_for(wanted: CandidatePlan, meta: StreamMeta) -> str | None:
    if wanted.reads and meta.kind not in wanted.reads:
        return f"it reads {' and '.join(wanted.reads)}, and these data are {meta.kind}"
    if wanted.asks and meta.head not in wanted.asks:
        return f"it is for heads.kind={' or '.join(wanted.asks)}, and this is {meta.head}"
    return None


ASKED = ("kind", "horizon", "targets", "separator", "name")
"""Settings of ``heads`` that shape the targets of the preprocessed data."""


def _other_question(changed: Config, config: Config) -> str | None:
    """Return why a candidate cannot be trained on targets that were cut for the project's own question."""
    for name in ASKED:
        wanted, own = (getattr(each.heads, name, None) for each in (changed, config))
        if wanted != own:
            return (
                f"heads.{name}={wanted} cannot differ between candidates, which share the targets of one preprocessed "
                f"data set; there it is {own}"
            )
    return None


def _changed(config: Config, settings: Mapping[str, Any]) -> Config:
    """Return ``config`` with settings over it, each given as ``section.key`` or as a tree."""
    return validated_config(merged(config.model_dump(mode="json"), nested(settings)), _SOURCE)


def _about(config: Config, meta: StreamMeta) -> str:
    return blueprint_of(config, meta).name


def blueprint_of(config: Config, meta: StreamMeta) -> Blueprint:
    """Return what the network of ``config`` is built from."""
    return Blueprint(
        stream=meta,
        model=config.model,
        extraction=config.extraction,
        heads=config.heads,
        temporal=config.temporal,
    )


def _add_ablations(
    own: Candidate, meta: StreamMeta, candidates: dict[str, Candidate], left_out: dict[str, str]
) -> None:
    """Add the hybrid with one part taken out, or in another order, with as many parameters."""
    from pipeline.model.matching import ablations  # torch, which nothing else here needs

    found = ablations(blueprint_of(own.config, meta))
    left_out.update({f"{name}{ALIKE}": reason for name, reason in found.left_out.items()})
    for part, matched in found.matched.items():
        name, blueprint = f"{part}{ALIKE}", matched.blueprint
        sections = {key: getattr(blueprint, key) for key in ("model", "extraction", "temporal")}
        config = own.config.model_copy(update=sections)
        if (problem := next(contradictions(config), None)) is not None:
            left_out[name] = problem
        else:
            candidates[name] = Candidate(name, _role(part), _told(matched), config)


def _role(part: str) -> Role:
    """Return what an ablation is: another order of both is a hybrid still, one of them alone is none."""
    return "hybrid" if part in ("cnn-lstm", "lstm-cnn", "parallel") else "ablation"


def _told(matched: "Matched") -> str:
    size = "" if matched.is_close else f", {matched.off:+.0%} of the parameters"
    return f"{matched.blueprint.name}{size}"


def _committee(name: str, wanted: CandidatePlan) -> Committee:
    counted = ", ".join(f"{count} × {member}" for member, count in wanted.members.items())
    how = "the mean" if wanted.combine == "mean" else "stacked answers"
    return Committee(name, wanted.role, wanted.about or f"{how} of {counted}", wanted.members, wanted.combine)
