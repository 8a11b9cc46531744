"""What is compared: a preset of this package, or the file ``compare.yaml`` of a project."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, NonNegativeInt, model_validator

from pipeline.baselines.config import BaselineName
from pipeline.foundation.section import Section

SECTIONS = ("extraction", "temporal", "heads", "model", "training")
"""Sections that a candidate may change: all candidates share one preprocessed data set."""


OWN = "own"
"""The project's own model, as ``params.yaml`` describes it, among the members of a committee."""

ALIKE = " alike"
"""End of an ablation's name: it has as many parameters as the project's own model."""

TAKEN = (OWN, *get_args(BaselineName))
"""Names on every leaderboard: answers are known by name, so a second bearer would be shown with the first one's."""


Count = Annotated[int, Field(strict=True, ge=1, le=1000)]
"""How often something is trained: `true` is no number, and a slip of the hand no million trainings."""


def _free(name: str) -> str:
    if name in TAKEN:
        whose = "the project's own model" if name == OWN else "a floor or rival of the stage baseline"
        raise ValueError(
            f"a candidate cannot be called {name}, which is the name of {whose}; call it otherwise"
        )
    if name.strip().casefold().endswith(ALIKE):
        raise ValueError(
            f"a candidate cannot be called {name}: names with {ALIKE.strip()!r} at their end are those of ablations; "
            f"call it otherwise"
        )
    if not name.strip() or not name.isprintable():
        raise ValueError(
            f"a candidate cannot be called {name!r}, which no leaderboard can show; give it a name on one line"
        )
    return name


def _different(folds: object) -> object:
    is_word = isinstance(folds, str) and folds in ("one", "all")
    if not is_word and not (isinstance(folds, list | tuple) and _are_numbers(folds)):
        raise ValueError(
            f"folds={str(folds)[:80]} is not allowed: it is one, all, or different numbers from 0 on, such as [0, 1, 2]"
        )
    return folds


def _are_numbers(folds: Sequence[object]) -> bool:
    """Return whether there are folds, each a whole number from 0 on, and none of them twice."""
    numbers = [fold for fold in folds if type(fold) is int and fold >= 0]
    return len(folds) > 0 and len(set(numbers)) == len(folds)


Folds = Annotated[Literal["one", "all"] | tuple[NonNegativeInt, ...], BeforeValidator(_different)]
"""Which folds of a split are judged as one pool."""


class CandidatePlan(Section):
    """One candidate: other settings over those of ``params.yaml``, or several candidates that answer together."""

    about: str = ""
    """What it is, in a few words."""

    role: Literal["hybrid", "ablation", "rival"] = "hybrid"
    """`hybrid`: convolution and recurrence; `ablation`: a hybrid with one part taken out; `rival`: another network."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """What is different, as `section.key: value`, or as a tree of sections."""

    members: dict[str, Count] = Field(default_factory=dict)
    """A committee: candidate → how many trainings of it, with a seed each, take part."""

    combine: Literal["mean", "stacked"] = "mean"
    """`mean`: of the members' answers; `stacked`: weighted by what they answered to training samples that they had not
    been trained on."""

    reads: tuple[str, ...] = ()
    """Kinds of stream that it is for; empty: any."""

    asks: tuple[str, ...] = ()
    """Heads that it is for; empty: any."""

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.members and self.settings:
            raise ValueError("a candidate has settings, or it has members; give one of them")
        if self.combine == "stacked" and not self.members:
            raise ValueError("combine=stacked weighs members, and there are none; name them under members")
        for name in self.settings:
            section = name.partition(".")[0]
            if section not in SECTIONS:
                raise ValueError(
                    f"{name} cannot differ between candidates, which share one preprocessed data set; they may change "
                    f"{', '.join(SECTIONS)}"
                )
        return self


class ComparisonPlan(Section):
    """The candidates beside the project's own model."""

    version: Literal[1] = 1
    about: str = ""
    """What is compared, in a sentence."""

    seeds: Count = 1
    """Trainings of each candidate, with the seeds from `run.seed` on."""

    folds: Folds = "one"
    """Folds of `preprocessing.split` that test in their turn, each candidate being trained for each of them: `one`,
    that of params.yaml; `all`; or these, counted from 0, as `[0, 1, 2]`. The answers of several are judged as one
    pool."""

    ablations: bool = True
    """Whether the parts of the project's own hybrid are trained alone and in other orders, with as many parameters."""

    candidates: dict[Annotated[str, AfterValidator(_free)], CandidatePlan] = Field(default_factory=dict)
    """Candidate → what it is."""

    @model_validator(mode="after")
    def _members_are_candidates(self) -> Self:
        for name, candidate in self.candidates.items():
            for member in candidate.members:
                known = self.candidates.get(member)
                if member != OWN and (known is None or known.members):
                    raise ValueError(
                        f"{name}.members names {member}, which is no candidate with settings of its own; there are: "
                        f"{', '.join([OWN, *[each for each in self.candidates if not self.candidates[each].members]])}"
                    )
        return self
