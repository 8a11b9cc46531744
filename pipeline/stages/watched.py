"""What a stage reads because a setting names it has to stand among its deps in ``dvc.yaml``.

Otherwise DVC does not notice when that file changes, and an old result looks fresh.
"""

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError

NAMED: dict[str, tuple[tuple[str, ...], ...]] = {
    "ingest": (
        ("sources", "path"),
        ("sources", "labels"),
        ("sources", "label_names"),
        ("sources", "first", "path"),
        ("sources", "others", "source", "path"),
    ),
    "validate": (("quality", "suite"), ("quality", "reference")),
    "preprocess": (("preprocessing", "vectors_file"),),
    "extract": (("extraction", "weights"),),
}
"""Stage → settings that name a file, from the section inwards; tuples on the way are gone through."""


def named_files(stage: str, config: Config) -> dict[str, str]:
    """Return the files that settings of ``stage`` name: setting → path. What lies behind a URL is none."""
    found: dict[str, str] = {}
    for keys in NAMED.get(stage, ()):
        for setting, value in _reached(config, keys):
            if isinstance(value, str) and "://" not in value:
                found[setting] = value
    return found


def _reached(node: Any, keys: Sequence[str], setting: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, tuple) and keys:
        for index, entry in enumerate(node):
            yield from _reached(entry, keys, f"{setting}[{index}]")
    elif keys:
        name = f"{setting}.{keys[0]}" if setting else keys[0]
        yield from _reached(getattr(node, keys[0], None), keys[1:], name)
    else:
        yield setting, node


def check_watched(stage: str, config: Config, project: Path) -> None:
    """Check that DVC watches the files that settings of ``stage`` name; without ``dvc.yaml`` nothing is checked.

    Raises:
        ConfigError: It does not.
    """
    deps = _deps(stage, project)
    if deps is None:
        return
    for setting, path in named_files(stage, config).items():
        if not any(_covers(dep, path, project) for dep in deps):
            raise ConfigError(
                f"{setting}={path} is not among the deps of {stage} in dvc.yaml, so DVC would not notice when it "
                f"changes; add it there"
            )


def _deps(stage: str, project: Path) -> Sequence[str] | None:
    try:
        tree = YAML(typ="safe", pure=True).load((project / "dvc.yaml").read_text(encoding="utf-8"))
        deps: Any = tree["stages"][stage].get("deps", [])
    except (OSError, YAMLError, KeyError, TypeError, AttributeError):
        return None
    return [str(next(iter(dep))) if isinstance(dep, Mapping) else str(dep) for dep in deps]


def _covers(dep: str, path: str, project: Path) -> bool:
    """Return whether ``dep`` is the file, or a folder that holds all that a pattern can match."""
    parts = PurePosixPath(path).parts
    fixed = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    wanted = (project / Path(*parts[:fixed]).expanduser()).resolve()
    return wanted.is_relative_to((project / Path(dep.replace("\\${", "${")).expanduser()).resolve())
