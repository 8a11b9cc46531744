"""What a stage reads because a setting names it has to stand among its deps in ``dvc.yaml``.

Otherwise DVC does not notice when that file changes, and an old result looks fresh.
"""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError

NAMED = {
    "ingest": ("sources", "path"),
    "validate": ("quality", "suite"),
    "extract": ("extraction", "weights"),
}
"""Stage → section and field that name a file."""


def check_watched(stage: str, config: Config, project: Path) -> None:
    """Check that DVC watches the file that a setting of ``stage`` names; without ``dvc.yaml`` nothing is checked.

    Raises:
        ConfigError: It does not.
    """
    if stage not in NAMED:
        return
    section, field = NAMED[stage]
    path = getattr(getattr(config, section), field, None)
    deps = _deps(stage, project)
    if path is None or deps is None or any(_covers(dep, path, project) for dep in deps):
        return
    raise ConfigError(
        f"{section}.{field}={path} is not among the deps of {stage} in dvc.yaml, so DVC would not notice when it "
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
