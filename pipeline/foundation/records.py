"""What a stage says, as records that a program can read: the flow takes numbers from them, and shows the messages.

A record is one line: the record separator of ASCII, then a JSON object. A person who calls a stage by hand sees the
messages alone.

Source:
    RFC 7464, "JavaScript Object Notation (JSON) Text Sequences".
"""

import json
import logging
import math
import os
from collections.abc import Mapping
from typing import Any

VARIABLE = "CONVOY_RECORDS"
"""Set by whoever reads the lines of a stage and wants records."""

SEPARATOR = "\x1e"


def are_wanted() -> bool:
    """Return whether somebody reads records from what this process writes."""
    return bool(os.environ.get(VARIABLE))


def told(event: str, **numbers: float | str) -> dict[str, Any]:
    """Return what makes a line of a logger more than text: ``log.info("epoch 1", extra=told("epoch", epoch=1))``."""
    return {"event": event, "numbers": numbers}


class RecordFormatter(logging.Formatter):
    """Writes each line of a logger as a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what JSON has no word for, such as infinity, is null."""
        content: dict[str, object] = {"level": record.levelname.lower(), "message": super().format(record)}
        content["event"] = getattr(record, "event", "line")
        content |= {"numbers": plain(getattr(record, "numbers", {}))}
        return SEPARATOR + json.dumps(content, ensure_ascii=False, allow_nan=False)


def plain(numbers: Mapping[str, object]) -> dict[str, object]:
    """Return the same with null for what is no finite number and no text."""
    return {name: value if _is_plain(value) else None for name, value in numbers.items()}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))
