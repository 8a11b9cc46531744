"""What the user said with `-S`, laid over what was proposed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.foundation.dotted import nested
from pipeline.params import parsed_override, validated_config

DATA = "{data}"
"""Stands for the path given with --data, in settings that name files beside it."""


def settings_tree(overrides: Sequence[str]) -> dict[str, Any]:
    """Return ``section.key=value`` texts as a tree.

    Raises:
        ConfigError: One has another form.
    """
    parsed = [parsed_override(override) for override in overrides]
    return nested({".".join(keys): value for keys, value in parsed})


def merged(proposed: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``proposed`` with ``said`` over it; where a kind changes, nothing of the old one stays."""
    tree = dict(proposed)
    for key, value in said.items():
        old = tree.get(key)
        if not isinstance(value, Mapping) or not isinstance(old, Mapping):
            tree[key] = value
        elif "kind" in value and value["kind"] != old.get("kind"):
            tree[key] = dict(value)
        else:
            tree[key] = merged(old, value)
    return tree


def proposed_config(tree: Mapping[str, Any], said: Mapping[str, Any]) -> Config:
    """Return the config of a proposal with the user's settings over it.

    Raises:
        ConfigError: They contradict one another, or are none.
    """
    return validated_config(merged(tree, said), "convoy init -S")


def placed(node: Any, data: str) -> Any:
    """Return settings with ``{data}`` replaced by the path of the data, wherever it stands in a text."""
    if isinstance(node, str):
        return node.replace(DATA, data)
    if isinstance(node, Mapping):
        return {key: placed(value, data) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [placed(value, data) for value in node]
    return node


def with_table(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the path of a table of labels made absolute: the user stands elsewhere than the project."""
    sources = settings.get("sources")
    labels = sources.get("labels") if isinstance(sources, Mapping) else None
    if not isinstance(labels, str) or not isinstance(sources, Mapping):
        return dict(settings)
    path = Path(labels).expanduser().absolute()
    return {**settings, "sources": {**sources, "labels": str(path)}} if path.is_file() else dict(settings)
