"""What a stage says: text for a person, and where it told more, numbers for a program."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.foundation.records import SEPARATOR

LINE = "line"


@dataclass(frozen=True)
class Said:
    """One line of a stage."""

    text: str
    """Empty where there is nothing for a person."""

    event: str = LINE
    """``line``, ``epoch``, or ``progress`` within an epoch."""

    level: str = "info"
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return what a person reads."""
        return self.text


def said(line: str) -> Iterator[Said]:
    """Yield what a line of a child says; a message of several lines is as many, and the numbers go with the first.

    Whatever is no record is a line as it stands: a stage may be any program.
    """
    content = _record(line)
    if content is None:
        yield Said(line)
        return
    first, *others = content["message"].splitlines() or [""]
    yield Said(first, content["event"], content["level"], content["numbers"])
    for text in others:
        yield Said(text, level=content["level"])


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith(SEPARATOR):
        return None
    try:
        content = json.loads(line[1:])
        wanted = {"message": str, "event": str, "level": str, "numbers": dict}
        is_whole = all(isinstance(content[name], kind) for name, kind in wanted.items())
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return content if is_whole else None
