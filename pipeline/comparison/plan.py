"""Read what is to be compared."""

import difflib
from io import StringIO
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.comparison.config import ComparisonPlan
from pipeline.foundation.errors import ConfigError

PRESETS = Path(__file__).parent / "presets"
FILE = "compare.yaml"


def preset_names() -> list[str]:
    """Return the presets that come with this package."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def read_plan(name: str | None, project: Path) -> ComparisonPlan:
    """Return a plan by its name: a preset, or a file; None: ``compare.yaml`` of the project, else ``rivals``.

    Raises:
        ConfigError: There is no such plan, or it is no valid one.
    """
    if name is None:
        own = project / FILE
        return _read(own if own.is_file() else PRESETS / "rivals.yaml")
    if (PRESETS / f"{name}.yaml").is_file():
        return _read(PRESETS / f"{name}.yaml")
    for path in (project / name, Path(name)):
        if path.is_file():
            return _read(path)
    near = difflib.get_close_matches(name, preset_names(), n=1)
    hint = f"did you mean {near[0]}?" if near else f"presets: {', '.join(preset_names())}"
    raise ConfigError(f"there is neither a preset nor a file {name}; {hint}")


def parsed_plan(tree: object, name: str) -> ComparisonPlan:
    """Return the plan that a tree of YAML means.

    Raises:
        ConfigError: It is no valid plan; ``name`` says whose it is.
    """
    if not isinstance(tree, dict):
        raise ConfigError(f"{name} holds no plan; it needs `candidates:`, see docs/compare.md")
    try:
        return ComparisonPlan.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{name}: {_told(error)}") from None


def plan_text(plan: ComparisonPlan) -> str:
    """Return ``plan`` as YAML for a person to go on with: what is as it would be anyway is left out."""
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    shown = {
        "version": plan.version,
        "seeds": plan.seeds,
        "folds": _plain(plan.folds),
        "ablations": plan.ablations,
    }
    yaml.dump({**shown, **plan.model_dump(mode="json", exclude_defaults=True)}, text)
    return (
        "# What `convoy compare` trains beside this project's own model; docs/compare.md tells more.\n"
        + text.getvalue()
    )


def _plain(folds: str | tuple[int, ...]) -> str | list[int]:
    return folds if isinstance(folds, str) else list(folds)


def _read(path: Path) -> ComparisonPlan:
    try:
        tree = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {str(error).splitlines()[0]}") from None
    return parsed_plan(tree, path.name)


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        return str(first.get("ctx", {}).get("error", first["msg"]))
    if first["type"] == "extra_forbidden":
        return f"{where} is not a setting of a comparison; see docs/compare.md"
    return (
        f"{where}={first['input']!r} is not allowed: {first['msg'].replace('Input should be', 'it must be')}"
    )
