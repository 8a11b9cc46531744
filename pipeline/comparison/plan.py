"""Read what is to be compared."""

import difflib
from io import StringIO
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.comparison.config import CandidatePlan, ComparisonPlan
from pipeline.foundation.errors import ConfigError

PRESETS = Path(__file__).parent / "presets"
FILE = "compare.yaml"
SHOWN = 80
"""Letters of a wrong value that a sentence repeats."""


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
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply for a plan; see docs/compare.md") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except (OSError, YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}," if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(f"{path}{where} cannot be read as YAML: {problem.splitlines()[0]}") from None
    return parsed_plan(tree, path.name)


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    of_candidate = first["loc"][0] == "candidates" if first["loc"] else False
    if first["type"] == "value_error":
        told = str(first.get("ctx", {}).get("error", first["msg"]))
        return f"{where}: {told}" if of_candidate and len(first["loc"]) == 2 else told
    if first["type"] == "extra_forbidden":
        known = CandidatePlan.model_fields if of_candidate else ComparisonPlan.model_fields
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "see docs/compare.md"
        return f"{where} is not a setting of a comparison; {hint}"
    if first["loc"][-1:] == ("[key]",):
        return f"{first['input']!r} is no name in {'.'.join(map(str, first['loc'][:-2]))}; put it in quotes"
    if first["type"] in ("dict_type", "model_type"):
        return f"{where}={_brief(first['input'])} is not allowed: it must be names with values; see docs/compare.md"
    said = first["msg"].replace("Input should be", "it must be")
    return f"{where}={_brief(first['input'])} is not allowed: {said}"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
