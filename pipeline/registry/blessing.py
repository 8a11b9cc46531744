"""Whether the challenger may be promoted, and why: what ``blessing.json`` holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from pipeline.registry.config import RegistryConfig


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Gate(_Frozen):
    """Something that has to hold whatever the scores are."""

    name: str
    held: bool
    evidence: str


class Lead(_Frozen):
    """How far the challenger is ahead of another, on the same test rows, by the deciding metric."""

    other: str
    challenger: float
    score: float
    """Of the other."""

    ahead: float
    """Above 0 where the challenger is better, whichever way the metric goes."""

    interval: tuple[float, float] | None
    """Of ``ahead``; None where too little is independent in the test split."""


class Pair(_Frozen):
    """Champion and challenger on the same rows."""

    metric: str
    better: Literal["min", "max"]
    lead: Lead
    samples: int
    confidence: float
    how: str | None
    """What the resamples were made of, or why there are none."""

    rows: str
    """Which rows these were, and where the champion's answers come from."""


class Blessing(_Frozen):
    """The decision about one challenger."""

    blessed: bool
    reason: str
    """One clause for a person."""

    challenger: str
    champion: str | None
    """Version that it was held against; None: there was none."""

    drift: bool
    """Whether drift asked for the retrain: the challenger then only must not be worse."""

    margin: float
    """Of the settings, a share of the champion's score."""

    pair: Pair | None = None
    floors: tuple[Lead, ...] = ()
    """How far ahead of each floor it is, by its own test split; a first model is decided by these."""

    gates: tuple[Gate, ...] = ()
    forced: str | None = None
    """Why somebody promoted it all the same; None: nobody did."""


Compare = Callable[[pl.LazyFrame, pl.LazyFrame], Pair]


@dataclass(frozen=True)
class Hearing:
    """What is known about the two, besides what they predicted."""

    challenger: str
    champion: str | None
    compare: Compare
    """Judges two prediction tables of the same rows; the first is the challenger's."""

    gates: Sequence[Gate]
    floors: Sequence[Lead]
    drift: bool = False
    silent: str | None = None
    """Why the champion has no answers to these rows, where it has none."""


def decide(
    challenger: pl.LazyFrame, champion: pl.LazyFrame | None, hearing: Hearing, config: RegistryConfig
) -> Blessing:
    """Return whether ``challenger`` may take the champion's place.

    It may if every gate held and the interval of its lead over the champion lies above the margin, or, where drift
    asked for the retrain, above minus the margin. A first model has to be ahead of every floor instead.

    Args:
        challenger: Its predictions on its test split.
        champion: The champion's predictions on the same rows; None: there is no champion, or it cannot answer them.
        hearing: Gates, floors, and how two tables are compared.
        config: The margin.
    """
    closed = [gate for gate in hearing.gates if not gate.held]
    pair = hearing.compare(challenger, champion) if champion is not None else None
    if pair is not None:
        is_ahead, why = _beats_champion(pair, hearing, config)
    elif hearing.champion is not None:
        is_ahead, why = (
            False,
            hearing.silent or f"the champion {hearing.champion} has no answers to these rows",
        )
    else:
        is_ahead, why = _beats_floors(hearing.floors)
    if closed:
        why = "; ".join([*(f"{gate.name}: {gate.evidence}" for gate in closed), why])
    return Blessing(
        blessed=is_ahead and not closed,
        reason=why,
        challenger=hearing.challenger,
        champion=hearing.champion,
        drift=hearing.drift,
        margin=config.margin,
        pair=pair,
        floors=tuple(hearing.floors),
        gates=tuple(hearing.gates),
    )


def _beats_champion(pair: Pair, hearing: Hearing, config: RegistryConfig) -> tuple[bool, str]:
    lead = pair.lead
    scores = (
        f"{pair.metric} {lead.challenger:.4g} against {lead.score:.4g} of the champion {hearing.champion}"
    )
    if lead.interval is None:
        return False, f"{scores}, without an interval: {pair.how}"
    low, high = lead.interval
    wanted = config.margin * abs(lead.score) * (-1 if hearing.drift else 1)
    is_ahead = low > wanted
    word = "above" if is_ahead else "not above"
    asked = "minus the margin, as drift asked for the retrain," if hearing.drift else "the margin"
    told = f"ahead by {lead.ahead:.4g}, interval {low:.4g} to {high:.4g}, {word} {asked} of {wanted:.4g}"
    return is_ahead, f"{scores}; {told}"


def _beats_floors(floors: Sequence[Lead]) -> tuple[bool, str]:
    if not floors:
        return False, "the first model has no floor to beat; let baselines.kinds run one"
    for lead in floors:
        if lead.interval is None or lead.interval[0] <= 0:
            interval = "without an interval" if lead.interval is None else f"interval {_span(lead.interval)}"
            return (
                False,
                f"the first model does not beat the floor {lead.other}: ahead by {lead.ahead:.4g}, {interval}",
            )
    hardest = min(floors, key=lambda lead: lead.ahead)
    told = f"ahead by {hardest.ahead:.4g}, interval {_span(hardest.interval)}"
    return True, f"the first model, and it beats every floor; {told}, of {hardest.other}"


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.4g} to {interval[1]:.4g}"
