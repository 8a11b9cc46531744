"""What a recipe says."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from pipeline.comparison.config import ComparisonPlan, Folds
from pipeline.evaluation.metrics import METRICS
from pipeline.foundation.section import Section

Budget = Literal["small", "full"]


class Claim(Section):
    """A number that the publication gives."""

    text: str
    """As it is claimed, with the part of the data that it is about."""

    metric: str | None = None
    """The metric of ours that it can be set beside; None: none of ours is the same."""

    value: float | None = None


class Protocol(Section):
    """One way to divide the data and to score."""

    about: str
    """What is done, and for the publication's own: how sure that is."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """Dotted settings over those of the recipe."""

    folds: Folds = "one"
    """Folds of its split that are pooled, as in a plan of comparison."""


class Effort(Section):
    """What one run of a recipe may cost."""

    seeds: PositiveInt = 1
    settings: dict[str, Any] = Field(default_factory=dict)
    """Dotted settings over those of the protocol."""

    folds: Folds | None = None
    """Folds of a protocol that pools some, where this may cost less; None: those of the protocol."""


class Recipe(Section):
    """A published system as a project of its own, ready to be run and judged."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: str
    paper: str
    """Who, when, what, and where it can be read."""

    rows: tuple[str, ...] = ()
    """Which rows of the survey's table, or which source document, it is."""

    architecture: str
    """The network in the publication's own order."""

    claims: tuple[Claim, ...] = ()
    doubts: tuple[str, ...] = ()
    """What to ask before believing the claim."""

    data_set: str | None = None
    """Name in the catalogue; None: `sources` in the settings says where the rows come from."""

    stands_for: str = ""
    """What the data are, where they are not those of the publication."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """Dotted settings over what the catalogue has for the data set."""

    protocols: dict[Literal["paper", "safe"], Protocol]
    """`paper`: as the publication did, as far as that is known; `safe`: so that nothing leaks. One where both agree."""

    compare: ComparisonPlan = ComparisonPlan(ablations=False)
    """Who stands beside it, besides the floors and rivals that every run has."""

    beside: tuple[str, ...] = ()
    """Metrics that are shown with their intervals beside the one that decides."""

    small: Effort = Effort()
    """Minutes on two cores: shows the way, not how good a model can be."""

    full: Effort = Effort(seeds=5)
    """What a number in a publication deserves."""

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if self.data_set is None and "sources.kind" not in self.settings:
            raise ValueError(f"the recipe {self.name} names no data_set, and its settings no sources.kind")
        unknown = [name for name in self.beside if name not in METRICS]
        if unknown:
            raise ValueError(f"beside names {unknown[0]}, which is no metric; there are {', '.join(METRICS)}")
        return self

    def effort(self, budget: Budget) -> Effort:
        """Return what a run with ``budget`` may cost."""
        return self.small if budget == "small" else self.full

    def plan(self, protocol: str, budget: Budget) -> ComparisonPlan:
        """Return what one run compares."""
        effort, folds = self.effort(budget), self.protocols[protocol].folds  # type: ignore[index]
        if folds != "one" and effort.folds is not None:
            folds = effort.folds
        return self.compare.model_copy(update={"seeds": effort.seeds, "folds": folds})

    def dotted(self, protocol: str, budget: Budget) -> dict[str, Any]:
        """Return all settings of one run, the later over the earlier."""
        chosen = self.protocols[protocol]  # type: ignore[index]
        return {**self.settings, **chosen.settings, **self.effort(budget).settings}
