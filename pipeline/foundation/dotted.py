"""Settings written with dots, as the tree that they mean."""

from collections.abc import Mapping
from typing import Any

from pipeline.foundation.errors import ConfigError


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"section.key": value}`` as ``{"section": {"key": value}}``; a name without a dot stays where it is.

    Raises:
        ConfigError: A name has a single value, and settings inside it.
    """
    tree: dict[str, Any] = {}
    for dotted, value in settings.items():
        *parents, last = dotted.split(".")
        node = tree
        for parent in parents:
            inner = node.get(parent, {})
            if not isinstance(inner, Mapping):
                raise ConfigError(
                    f"{parent}={inner} is a single value, and {dotted} is a setting inside it; give one of them"
                )
            node[parent] = node = dict(inner)
        node[last] = value
    return tree
