"""Settings written with dots, as the tree that they mean."""

from collections.abc import Mapping
from typing import Any


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"section.key": value}`` as ``{"section": {"key": value}}``; a name without a dot stays where it is."""
    tree: dict[str, Any] = {}
    for dotted, value in settings.items():
        *parents, last = dotted.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree
