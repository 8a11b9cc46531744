"""Networks of like size: what an ablation has to be, so that it loses a part and not parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never, get_args

import torch

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig, ExtractionConfig
from pipeline.extraction.config_frames import Conv3dConfig, ConvnextConfig, ResnetConfig, VggConfig
from pipeline.extraction.config_vectors import (
    ArrayConfig,
    DecompositionConfig,
    FcnConfig,
    InceptionConfig,
    KernelsConfig,
    PatchConfig,
    ResidualConfig,
    RocketConfig,
)
from pipeline.foundation.errors import ConfigError, ShapeError
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.saved import count_parameters

TOLERANCE = 0.05
"""Share of the target within which two networks count as equally large."""

WIDEST = 4096.0
"""Largest factor by which widths are multiplied."""

HALVINGS = 40
NARROWEST = 0.01
"""Width of a published network below which it has one feature on every level."""

AblationName = Literal["cnn", "lstm", "cnn-lstm", "lstm-cnn", "parallel", "shuffled"]
ORDERS: tuple[str, ...] = get_args(ModelConfig.model_fields["order"].annotation)


@dataclass(frozen=True)
class Matched:
    """A blueprint scaled to a size."""

    blueprint: Blueprint
    parameters: int
    target: int

    @property
    def off(self) -> float:
        """How many parameters more than asked for, as a share of them; negative: fewer."""
        return self.parameters / self.target - 1.0

    @property
    def is_close(self) -> bool:
        """Whether it counts as equally large."""
        return abs(self.off) <= TOLERANCE


@dataclass(frozen=True)
class Ablations:
    """The network with one part taken out, in every way that makes sense."""

    matched: Mapping[AblationName, Matched]
    left_out: Mapping[AblationName, str]
    """Which make no sense, and why."""


def parameters_of(blueprint: Blueprint) -> int:
    """Return how many weights the network would have; none of them takes memory.

    Raises:
        ShapeError: A room cannot read what the one before it gives.
        ConfigError: Pooling inside the extractors leaves no step.
    """
    with torch.device("meta"):
        return count_parameters(build_net(blueprint, seed=0))


def match_parameters(blueprint: Blueprint, target: int) -> Matched:
    """Return ``blueprint`` with all widths multiplied by one factor, as near to ``target`` parameters as that goes.

    Widths are the features of the extraction and the state of the temporal analysis. They are whole numbers, so
    small networks grow in leaps, and what has no width (the vectors of tokens) stays: see :attr:`Matched.off`.

    Args:
        blueprint: What is scaled.
        target: Parameters, trained or not, at least 1.

    Raises:
        ShapeError: A room cannot read what the one before it gives.
        ConfigError: Pooling inside the extractors leaves no step.
    """
    low, high = 0.0, 1.0
    while high < WIDEST and parameters_of(_scaled(blueprint, high)) < target:
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        if _scaled(blueprint, low) == _scaled(blueprint, high):
            break
        middle = (low + high) / 2.0
        if parameters_of(_scaled(blueprint, middle)) < target:
            low = middle
        else:
            high = middle
    found = [_scaled(blueprint, factor) for factor in (low, high)]
    sized = [Matched(each, parameters_of(each), target) for each in found]
    return min(sized, key=lambda each: abs(each.off))


def ablations(blueprint: Blueprint) -> Ablations:
    """Return every order but its own, and its own with time in disorder, all of the size of ``blueprint``.

    Orders whose last step has not seen all steps, because a CNN gave it, are pooled by the mean where ``blueprint``
    takes the last step: they would be judged by the end of each sample alone. Nothing is frozen.
    """
    target = parameters_of(blueprint)
    matched: dict[AblationName, Matched] = {}
    left_out: dict[AblationName, str] = {}
    for name in get_args(AblationName):
        if name == blueprint.model.order:
            continue
        changed = _ablated(blueprint, name)
        try:
            _require_sense(changed)
            matched[name] = match_parameters(changed, target)
        except (ConfigError, ShapeError) as reason:
            left_out[name] = str(reason)
    return Ablations(matched, left_out)


def _scaled(blueprint: Blueprint, factor: float) -> Blueprint:
    extraction = blueprint.extraction.model_copy(update=_widths(blueprint.extraction, factor))
    temporal = blueprint.temporal.model_copy(
        update={"hidden": _wider((blueprint.temporal.hidden,), factor)[0]}
    )
    return blueprint.model_copy(update={"extraction": extraction, "temporal": temporal})


def _widths(extraction: ExtractionConfig, factor: float) -> dict[str, object]:
    """Return the settings of an extractor that say how wide it is, multiplied; what has no weights has none."""
    match extraction:
        case Conv1dConfig() | Conv2dConfig() | Conv3dConfig() | ConvnextConfig():
            return {"features": _wider(extraction.features, factor)}
        case FcnConfig() | ResidualConfig() | ArrayConfig():
            return {"features": _wider(extraction.features, factor)}
        case KernelsConfig() | InceptionConfig() | PatchConfig():
            return {"filters": _wider((extraction.filters,), factor)[0]}
        case VggConfig() | ResnetConfig():
            return {"width": max(factor * extraction.width, NARROWEST)}
        case DecompositionConfig() | RocketConfig():
            return {}
        case _:
            assert_never(extraction)


def _wider(widths: Sequence[int], factor: float) -> tuple[int, ...]:
    return tuple(max(round(factor * width), 1) for width in widths)


def _ablated(blueprint: Blueprint, name: AblationName) -> Blueprint:
    if name == "shuffled":
        changes: dict[str, str] = {"steps": "shuffled", "highway": "none"}  # which reads them in order
    else:
        is_local = name in ("cnn", "parallel") and blueprint.model.pooling == "last"
        changes = {"order": name, **({"pooling": "mean"} if is_local else {})}
    model = blueprint.model.model_copy(update=changes)
    extraction = blueprint.extraction.model_copy(update={"freeze": False, "weights": None})
    return blueprint.model_copy(update={"model": model, "extraction": extraction, "thresholds": ()})


def _require_sense(blueprint: Blueprint) -> None:
    """Refuse what can be built and says nothing.

    Raises:
        ConfigError: There are no steps to read, or none to put in disorder.
    """
    order, steps = blueprint.model.order, blueprint.stream.window
    if steps > 1:
        return
    if blueprint.model.steps == "shuffled":
        raise ConfigError("each sample is a single step, so there is no order to take away")
    if order in ("lstm", "lstm-cnn", "parallel"):
        raise ConfigError(
            f"model.order={order} reads the steps of the input, and each sample is a single one"
        )
