"""Read ``quality.yaml``; what is wrong with it is told in sentences with the line it stands on."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from pipeline.foundation.errors import ConfigError
from pipeline.quality.suite import AnyProfileRule, AnyReferenceRule, AnyRowRule, SchemaRules, Suite

SHOWN = 3
_TIERS = {
    "profile": get_args(AnyProfileRule),
    "rows": get_args(AnyRowRule),
    "reference": get_args(AnyReferenceRule),
}


@dataclass(frozen=True)
class SuiteFile:
    """A suite and where its rules stand in the file."""

    name: str
    suite: Suite
    lines: dict[tuple[str, int], int]
    """Line of each rule by tier and position; the tier ``schema`` has position 0."""

    def place(self, tier: str, position: int) -> str:
        """Return ``quality.yaml:17``."""
        line = self.lines.get((tier, position))
        return f"{self.name}:{line}" if line else self.name


def rule_names(tier: str) -> dict[str, type]:
    """Return the rules that ``tier`` knows, each with its class."""
    return {name: kind for kind in _TIERS[tier] for name in get_args(kind.model_fields["rule"].annotation)}


def read_suite(path: Path) -> SuiteFile:
    """Return the suite in ``path``.

    Raises:
        ConfigError: The file is missing or no YAML, or a rule, key or value is not one that exists;
            the message names the line, what stands there, the nearest name and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tree = YAML().load(text)  # knows the lines
        plain = YAML(typ="safe", pure=True).load(text)  # plain numbers, texts and times
    except FileNotFoundError:
        raise ConfigError(
            f"quality.suite={path} does not exist; write the expectations there, "
            f"or name the file that holds them"
        ) from None
    except (YAMLError, UnicodeDecodeError, IsADirectoryError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is no UTF-8 text file"
        raise ConfigError(
            f"{path.name}{f':{mark.line + 1}' if mark else ''} is not valid YAML: {problem}"
        ) from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError(
            f"{path.name} must hold the tiers schema:, profile: and rows: (and reference:), and holds none of them"
        )
    try:
        suite = Suite.model_validate(plain)
    except ValidationError as error:
        raise ConfigError(_story(error.errors(), tree, path.name)) from None
    return SuiteFile(path.name, suite, _rule_lines(tree))


def nearest(name: str, known: Iterable[str], *, what: str) -> str:
    """Return ``did you mean X?``, or the list of what is known."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return f"did you mean {near[0]}?" if near else f"{what}: {listed}"


def _story(details: list[ErrorDetails], tree: CommentedMap, name: str) -> str:
    ordered = sorted(details, key=lambda detail: detail["type"] != "extra_forbidden")
    sentences: dict[tuple[object, ...], str] = {}
    for detail in ordered:
        path = _written_path(detail["loc"])
        subject = path[:2] if detail["type"] == "missing" else path[:3]
        sentences.setdefault(subject, f"{name}:{_line(tree, path)} {_sentence(detail, path, tree)}")
        sentences.setdefault(path[:2], "")  # a key that is missing because it is misspelt is told once
    told = [sentence for sentence in sentences.values() if sentence]
    more = [f"… and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    return "\n".join(told[:SHOWN] + more)


def _sentence(detail: ErrorDetails, path: tuple[int | str, ...], tree: CommentedMap) -> str:
    context = detail.get("ctx", {})
    written = _spelt(path)
    match detail["type"]:
        case "extra_forbidden":
            known = _keys_beside(path, tree)
            return f"{written} is not a key; {nearest(str(path[-1]), known, what='allowed here')}"
        case "missing":
            return f"{written} is missing"
        case "union_tag_invalid":
            return _unknown_rule(str(context["tag"]), str(path[0]), written)
        case "union_tag_not_found" | "model_attributes_type":
            return f"{written} needs `rule:`, one of {', '.join(rule_names(str(path[0])))}"
        case "value_error":
            return f"{written}: {context.get('error', detail['msg'])}"
        case "literal_error":
            allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            hint = nearest(str(detail["input"]), allowed, what="allowed")
            return f"{written}={detail['input']} is not allowed; {hint}"
        case _:
            said = detail["msg"].replace("Input should be", "it must be").replace("tuple", "list")
            return f"{written}={str(detail['input'])[:60]!r} is not allowed: {said}"


def _unknown_rule(rule: str, tier: str, written: str) -> str:
    for other in _TIERS:
        if other != tier and rule in rule_names(other):
            return f"{written}: the rule {rule} belongs under {other}:, not under {tier}:"
    return f"{written}.rule={rule} is unknown; {nearest(rule, rule_names(tier), what=f'{tier}: has')}"


def _keys_beside(path: tuple[int | str, ...], tree: CommentedMap) -> list[str]:
    if len(path) == 1:
        return [field.alias or name for name, field in Suite.model_fields.items()]
    if path[0] == "schema":
        return list(SchemaRules.model_fields)
    rule = str(tree[path[0]][path[1]]["rule"])
    return list(rule_names(str(path[0]))[rule].model_fields)  # type: ignore[attr-defined]


def _written_path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the keys as the file has them: pydantic adds the rule's name, and the branch of a union."""
    if len(loc) > 2 and loc[0] in _TIERS and isinstance(loc[1], int):
        kept = loc[:2] + loc[3:]
        return kept[:-1] if kept[-1] in ("float", "datetime", "str", "int") and len(kept) > 3 else kept
    return loc


def _spelt(path: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _line(tree: CommentedMap, path: tuple[int | str, ...]) -> int:
    """Return the line of the deepest part of ``path`` that the file has."""
    node: Any = tree
    line = 1
    for part in path:
        try:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(part, int):
                line = node.lc.item(part)[0] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def _rule_lines(tree: CommentedMap) -> dict[tuple[str, int], int]:
    lines = {
        (tier, position): _line(tree, (tier, position))
        for tier in _TIERS
        for position in range(len(tree.get(tier) or ()))
    }
    return {("schema", 0): _line(tree, ("schema",)), **lines}
