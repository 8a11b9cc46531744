"""A published system as a project: on the data of its recipe, or its network on those of the user."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.commands.init import make_project
from pipeline.comparison.plan import FILE, plan_text
from pipeline.foundation.dotted import nested
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_atomically
from pipeline.proposal.choice import Wishes
from pipeline.proposal.settings import merged
from pipeline.recipes.config import Budget, Recipe

NETWORK = ("extraction", "temporal", "model", "training")
"""Sections that tell of a system what is not about its data."""

NOTHING = Wishes()


def project_of(recipe: Recipe, folder: Path, protocol: str, budget: Budget, wishes: Wishes = NOTHING) -> str:
    """Make ``folder`` a project of a recipe, with its comparison beside its params; return what to tell.

    Args:
        recipe: The system.
        folder: Where the project goes.
        protocol: How its data are divided.
        budget: What a run may cost.
        wishes: What the user said; it outweighs the recipe.

    Raises:
        PipelineError: The data cannot be had, or the folder is taken.
    """
    settings = merged(nested(recipe.dotted(protocol, budget)), wishes.settings)
    said = make_project(folder, None, replace(wishes, settings=settings), data_set=recipe.data_set)
    write_atomically(plan_text(recipe.plan(protocol, budget)), folder / FILE)
    return said


def network_of(recipe: Recipe, wishes: Wishes) -> Wishes:
    """Return the wishes of a user who has data of his own, with the network of a recipe under them."""
    own = _network(recipe)
    return replace(wishes, settings=merged(own, wishes.settings))


def what_is_from(recipe: Recipe) -> str:
    """Return what to tell of a project that has the network of a recipe and the data of a user."""
    sections = ", ".join(_network(recipe))
    return (
        f"from the recipe {recipe.name} ({recipe.title}): {sections}\n"
        f"from the look at your data: all else, also what is asked of the model; -S outweighs both"
    )


def _network(recipe: Recipe) -> dict[str, Any]:
    tree: Mapping[str, Any] = nested(recipe.settings)
    return {section: tree[section] for section in NETWORK if section in tree}


def check_protocol(recipe: Recipe, protocol: str | None) -> str:
    """Return the protocol that is wanted: the safe one where there is one.

    Raises:
        ConfigError: The recipe has none of that name.
    """
    if protocol is None:
        return "safe" if "safe" in recipe.protocols else next(iter(recipe.protocols))
    if protocol not in recipe.protocols:
        raise ConfigError(
            f"the recipe {recipe.name} has no protocol {protocol}; it has {', '.join(recipe.protocols)}"
        )
    return protocol
