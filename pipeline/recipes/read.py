"""Find and read the recipes of this package."""

import difflib
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from pipeline.foundation.errors import ConfigError
from pipeline.recipes.config import Recipe

_HOME = files("pipeline.recipes")


@cache
def recipe_names() -> tuple[str, ...]:
    """Return the names of all recipes, sorted."""
    return tuple(
        sorted(path.name.removesuffix(".yaml") for path in _HOME.iterdir() if path.name.endswith(".yaml"))
    )


def _tree(name: str) -> dict[str, Any]:
    """Return what the file of a recipe says, over what the recipe says that it is based on."""
    own: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (_HOME / f"{name}.yaml").read_text(encoding="utf-8")
    )
    other = own.pop("based_on", None)
    if other is None:
        return own
    tree = _tree(other)
    settings = {**tree.get("settings", {}), **own.get("settings", {})}
    return {**tree, **own, "settings": settings}


@cache
def read_recipe(name: str) -> Recipe:
    """Return the recipe ``name``.

    Raises:
        ConfigError: There is none; the message names the nearest.
    """
    if name not in recipe_names():
        near = difflib.get_close_matches(name, recipe_names(), n=1)
        hint = f"did you mean {near[0]}?" if near else "`convoy reproduce` lists all there are"
        raise ConfigError(f"there is no recipe {name!r}; {hint}")
    try:
        return Recipe.model_validate({"name": name, **_tree(name)})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"the recipe {name} is damaged: {where}: {first['msg']}") from None
