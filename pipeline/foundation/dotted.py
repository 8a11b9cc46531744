"""Settings written with dots, as the tree that they mean."""

from collections.abc import Mapping
from typing import Any

from pipeline.foundation.errors import ConfigError


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"section.key": value}`` as ``{"section": {"key": value}}``; a name without a dot stays where it is.

    Raises:
        ConfigError: A setting is given twice, or has a single value, and settings inside it.
    """
    tree: dict[str, Any] = {}
    for dotted, value in settings.items():
        *parents, last = dotted.split(".")
        branch: dict[str, Any] = {last: value}
        for parent in reversed(parents):
            branch = {parent: branch}
        tree = _joined(tree, branch, ())
    return tree


def _joined(tree: Mapping[str, Any], branch: Mapping[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
    """Return two trees as one, in which no place has two values."""
    joined = dict(tree)
    for name, value in branch.items():
        place = (*above, str(name))
        known = joined.get(name)
        if name not in joined:
            joined[name] = value
        elif isinstance(known, Mapping) and isinstance(value, Mapping):
            joined[name] = _joined(known, value, place)
        elif known != value:
            raise ConfigError(_twice(".".join(place), known, value))
    return joined


def _twice(place: str, known: object, value: object) -> str:
    tree, single = (known, value) if isinstance(known, Mapping) else (value, known)
    if isinstance(tree, Mapping):
        inner = f"{place}.{next(iter(tree), '…')}"
        return f"{place}={single} is a single value, and {inner} is a setting inside it; give one of them"
    return f"{place} is given twice, as {known} and as {value}; give one of them"
