"""Counts with their nouns, as a person writes them, and text that does nothing to a terminal."""

import re
from datetime import timedelta

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a cursor, changes a title, or turns the direction of writing."""

_UNITS = {86_400: "d", 3_600: "h", 60: "m", 1: "s"}


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return ``1 window``, ``2,785 windows``; ``nouns`` where the plural does not only add an s."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def interval_text(interval: timedelta) -> str:
    """Return ``1d``, ``6h``, ``90m`` or ``45s``: the largest unit that divides it; ``1.5s`` where none does."""
    seconds = interval.total_seconds()
    if seconds % 1:
        return f"{seconds:g}s"
    unit = next(size for size in _UNITS if seconds % size == 0)
    return f"{seconds // unit:.0f}{_UNITS[unit]}"


def one_line(text: str) -> str:
    """Return text without line breaks, for places that show the first line and no more."""
    return " ".join(text.split())


def harmless(text: str) -> str:
    """Return text of one line in which nothing acts on a terminal: line breaks are spaces, the rest is spelt out."""
    return _CONTROL.sub(lambda found: _spelt(found[0]), text)


def _spelt(sign: str) -> str:
    return " " if sign in "\t\n\r\v\f\x85\u2028\u2029" else sign.encode("unicode_escape").decode("ascii")
