"""Read, change and write ``params.yaml``; what is wrong with it is told in sentences."""

import difflib
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import BaseRepresenter

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError
from pipeline.foundation.files import write_atomically
from pipeline.foundation.section import Section

SHOWN = 4
PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Words that some version of YAML takes for something else."""


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Return the config in ``path`` with ``section.key=value`` overrides laid over it.

    Raises:
        ConfigError: The file is missing or no YAML, or a setting is unknown, of the wrong kind, or
            contradicts another; the message names it as the user wrote it.
    """
    tree = _load(path)
    for override in overrides:
        _override(tree, override)
    return _validated(tree, path.name)


def override_params(path: Path, overrides: Sequence[str]) -> Config:
    """Write overrides into ``path``, comments kept, after checking the result; return the config.

    Raises:
        ConfigError: As :func:`read_config`; the file is then left as it was.
    """
    tree = _load(path)
    for override in overrides:
        _override(tree, override)
    config = _validated(tree, path.name)
    if overrides:
        text = StringIO()
        _yaml().dump(tree, text)
        write_atomically(text.getvalue(), path)
    return config


def params_text(config: Config) -> str:
    """Return ``config`` as YAML with every field, each with its documentation beside it."""
    lines = [
        "# Every number of an experiment; one section per room. `-S section.key=value` changes one.",
        f"version: {config.version}",
    ]
    for name in type(config).model_fields:
        section = getattr(config, name)
        if isinstance(section, Section):
            doc = (type(section).__doc__ or "").strip().splitlines()[0]
            lines += ["", f"{name}:  # {doc}", *_section_lines(section, "  ")]
    return "\n".join(lines) + "\n"


def _section_lines(section: Section, indent: str) -> list[str]:
    lines: list[str] = []
    fields = type(section).model_fields
    for name in sorted(fields, key=lambda key: key != "kind"):
        value = getattr(section, name)
        doc = " ".join((fields[name].description or "").split())
        if isinstance(value, Section):
            lines += [f"{indent}{name}:", *_section_lines(value, indent + "  ")]
            continue
        if doc:
            lines.append(f"{indent}# {doc}")
        lines.append(f"{indent}{name}: {_scalar(value)}")
    return lines


def _scalar(value: object) -> str:
    """Return ``value`` on one line, as YAML 1.1 (DVC) and 1.2 (this file) both read it back."""
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value.lower() not in WORDS else _double_quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_scalar(entry) for entry in value)}]"
    if isinstance(value, Section):
        return _scalar(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_scalar(entry)}" for key, entry in value.items()) + "}"
    text = StringIO()
    YAML(typ="safe", pure=True).dump(value, text)
    return text.getvalue().removesuffix("...\n").strip()


def _double_quoted(text: str) -> str:
    def escaped(letter: str) -> str:
        if letter in '"\\':
            return "\\" + letter
        return letter if letter.isprintable() else f"\\U{ord(letter):08x}"

    return '"' + "".join(escaped(letter) for letter in text) + '"'


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 10_000
    yaml.preserve_quotes = True
    yaml.representer.add_representer(type(None), _explicit_null)
    return yaml


def _explicit_null(representer: BaseRepresenter, _value: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _load(path: Path) -> CommentedMap:
    try:
        tree = _yaml().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist; go to a project's folder, or make one with `convoy init DIR --data FILE`"
        ) from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not UTF-8 text"
        raise ConfigError(f"{path.name}{where} is not valid YAML: {problem}") from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError(f"{path.name} holds {_brief(tree)} where sections such as `training:` are wanted")
    return tree


def parsed_override(override: str) -> tuple[list[str], Any]:
    """Return the keys and the value of ``section.key=value``.

    Raises:
        ConfigError: It has another form.
    """
    key, found, raw = override.partition("=")
    if not found or not key.strip():
        raise ConfigError(f"-S {override} is not of the form section.key=value, such as -S training.epochs=5")
    try:
        value = YAML(typ="safe", pure=True).load(raw) if raw.strip() else None
    except YAMLError:
        value = raw
    return key.strip().split("."), value


def _override(tree: CommentedMap, override: str) -> None:
    (*parents, last), value = parsed_override(override)
    node: Any = tree
    for parent in parents:
        if node.get(parent) is None:
            node[parent] = CommentedMap()
        node = node[parent]
        if not isinstance(node, CommentedMap):
            raise ConfigError(f"-S {override}: {parent} is a single value, it has no settings inside")
    if last == "kind" and node.get("kind") != value:
        _change_kind(node, ".".join(parents), value)
    node[last] = value


def _change_kind(node: CommentedMap, section: str, kind: object) -> None:
    """Drop the settings that only the old kind has, and add the new kind's own with its defaults.

    What both have stays, unless it is the old kind's default, which nobody chose, and the new kind's is another.
    """
    kinds = _kinds_of(section)
    old, new = kinds.get(str(node.get("kind"))), kinds.get(str(kind))
    if new is None:
        return
    for stale in [name for name in node if name not in new.model_fields]:
        del node[stale]
    for name, own in new.model_fields.items():
        if not own.is_required():
            default = own.get_default(call_default_factory=True)
            plain = default.model_dump(mode="json") if isinstance(default, Section) else default
            plain = list(plain) if isinstance(plain, tuple) else plain
            if name not in node or (name != "kind" and _is_default(node[name], old, name)):
                node[name] = plain
            if (
                isinstance(plain, dict) and "kind" in plain
            ):  # such as the split, which another kind divides elsewise
                node[name]["kind"] = plain["kind"]


def _kinds_of(section: str) -> dict[str, type[Section]]:
    """Return the kinds that a section has to choose from, wherever it stands; none where it is no choice."""
    kinds: dict[str, type[Section]] = {"": Config}
    for name in section.split("."):
        fields = [kind.model_fields[name] for kind in kinds.values() if name in kind.model_fields]
        kinds = _kinds(fields[0].annotation) if fields else {}
    return kinds if len(kinds) > 1 else {}


def _is_default(value: object, kind: type[Section] | None, name: str) -> bool:
    """Return whether a setting stands as its kind has it by default; a section of settings is never taken for one."""
    field = kind.model_fields.get(name) if kind else None
    if field is None or field.is_required() or isinstance(value, dict):
        return False
    default = field.get_default(call_default_factory=True)
    return value == (list(default) if isinstance(default, tuple) else default)


def validated_config(tree: dict[str, Any], name: str) -> Config:
    """Return the config that a tree of settings means.

    Raises:
        ConfigError: A setting is unknown, of the wrong kind, or contradicts another; ``name`` says whose it is.
    """
    return _validated(CommentedMap({"version": 1, **tree}), name)


def _validated(tree: CommentedMap, name: str) -> Config:
    found = tree.get("version", 0)
    if found != Config.model_fields["version"].default:
        raise ConfigError(
            f"{name} has version={found}, and this Convoy reads version 1; make a new project of "
            f"the same data with `convoy init`, and carry your settings over (CHANGELOG.md lists what changed)"
        )
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        problems = [_sentence(detail) for detail in error.errors()]
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise ConfigError("\n".join([f"{name}: {problems[0]}", *problems[1:SHOWN], *more])) from None


def _sentence(detail: ErrorDetails) -> str:
    keys, fields = _as_written(detail["loc"])
    setting = ".".join(keys)
    value = _brief(detail["input"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(keys[-1], fields, n=1)
            parent = ".".join(keys[:-1])
            hint = f"did you mean {'.'.join([*keys[:-1], near[0]])}?" if near else ""
            allowed = f"{parent or 'the file'} has: {', '.join(fields)}"
            return f"{setting} is not a setting; {hint or allowed}"
        case "missing":
            return f"{setting} is missing, and has no default"
        case "union_tag_invalid":
            return f"{setting}.kind={context.get('tag')} is unknown; allowed: {context.get('expected_tags')}"
        case "union_tag_not_found":
            return f"{setting}.kind is missing; it says which settings follow"
        case "value_error":
            return str(context.get("error", detail["msg"]))
        case _:
            return (
                f"{setting}={value} is not allowed: {detail['msg'].replace('Input should be', 'it must be')}"
            )


def _as_written(loc: tuple[int | str, ...]) -> tuple[list[str], list[str]]:
    """Return the keys as the file has them (without union tags), and the names known beside the last."""
    keys: list[str] = []
    fields: list[str] = []
    known: Any = Config
    for part in loc:
        if isinstance(part, int):
            keys[-1] += f"[{part}]"
            continue
        kinds = _kinds(known)
        if part in kinds and len(kinds) > 1:
            known = kinds[part]
            continue
        parent = next(iter(kinds.values()), None)
        keys.append(part)
        field = parent.model_fields.get(part) if parent else None
        fields = list(parent.model_fields) if parent else []
        known = field.annotation if field else None
    return keys, fields


def _kinds(known: Any) -> dict[str, type[Section]]:
    classes = get_args(known) or (known,)
    return {
        str(kind.model_fields["kind"].default) if "kind" in kind.model_fields else "": kind
        for kind in classes
        if isinstance(kind, type) and issubclass(kind, Section)
    }


def _brief(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
