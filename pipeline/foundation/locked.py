"""``dvc.lock``: which inputs, settings and outputs the stages last had."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.foundation.errors import IntegrityError


def locked_stages(project: Path) -> dict[str, Any]:
    """Return stage → what its lock holds; nothing where DVC ran nothing.

    Raises:
        IntegrityError: The file is damaged.
    """
    lock = project / "dvc.lock"
    if not lock.is_file():
        return {}
    try:
        content = YAML(typ="safe", pure=True).load(lock.read_text(encoding="utf-8")) or {}
        stages = content.get("stages", {})
        if isinstance(stages, dict) and all(isinstance(stage, dict) for stage in stages.values()):
            return stages
    except (YAMLError, UnicodeDecodeError, AttributeError):
        pass
    raise IntegrityError(
        f"{lock} is damaged; `git checkout dvc.lock` brings the last one back that was committed, and without one "
        f"remove it: the stages run again"
    )
