"""The regular expressions of texts for Python's own ``re``, which knows none of Unicode's classes by name.

Each class is spelt out as the code points that the engine of training finds in it, so that both find the same. A
``‹name›`` in an expression stands for the inside of such a class, or for another expression.
"""

from functools import cache

import polars as pl

from pipeline.preprocessing.text.cleaning import HIDDEN, MARKS, REPEATED, TAG, TAGGED
from pipeline.preprocessing.text.tokens import SINGLE

LAST = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)

CLASSES = {
    "word": r"\w",
    "space": r"\s",
    "control": r"\p{Cc}",
    "digit": r"\p{N}",
    "single": f"[{SINGLE}]",
    "letter": rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{SINGLE}]]",
    "picture": r"\p{Extended_Pictographic}",
    "tone": r"\p{EMod}",
    "flag": r"\p{RI}",
}

EDGE = "(?:(?<=[‹word›])(?![‹word›])|(?<![‹word›])(?=[‹word›]))"
PICTURE = "[‹picture›][‹tone›]?"
EMOJI = f"[‹flag›][‹flag›]|[0-9#*]\u20e3|{PICTURE}(?:\u200d{PICTURE})*"
ENDING = "n't|'(?:s|re|ve|ll|d|m)"
PARTS = (
    *MARKS,
    EMOJI,
    rf"[:;=]['^-]?(?:[dpoDPO]{EDGE}|[()\[\]/|]+)|<3+",
    f"(?:{ENDING}){EDGE}",
    "[‹digit›]+(?:[.,:][‹digit›]+)+",
    "[‹single›]",
    "[‹letter›]+(?:'[‹letter›]+)*",
    "[^‹space›]",
)


def text_patterns() -> dict[str, dict[str, str]]:
    """Return ``classes`` and ``expressions``: what ``cleaning.py`` and ``tokens.py`` look for, by name."""
    address = "[^‹space›]+"
    expressions = {
        "hidden": HIDDEN.replace(r"\b", EDGE).replace(r"\s", "[‹space›]"),
        "tag": TAG,
        "link": rf"(?i)(?=[hwp])(?<![‹word›])(?:https?://|www\.|pic\.twitter\.com/){address}",
        "mention": "(^|[^‹word›@])@[‹word›]+",
        "tagged": TAGGED.pattern,
        "emoji": EMOJI,
        "repeated": REPEATED.pattern,
        "blank": "[‹space›‹control›]+",
        "contracted": f"(?i)([‹word›])({ENDING}){EDGE}",
        "parts": "|".join(PARTS),
    }
    classes = {name: _class(expression) for name, expression in CLASSES.items()}
    return {"classes": classes, "expressions": expressions}


@cache
def _every_sign() -> pl.Series:
    return pl.Series([chr(point) for point in range(LAST + 1) if point not in SURROGATES])


def _class(expression: str) -> str:
    """Return the code points that match, as the inside of a class of ``re``."""
    signs = _every_sign()
    ranges: list[list[int]] = []
    for point in map(ord, signs.filter(signs.str.contains(f"^(?:{expression})$"))):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(_spelt(low) if low == high else f"{_spelt(low)}-{_spelt(high)}" for low, high in ranges)


def _spelt(point: int) -> str:
    return f"\\U{point:08x}" if point > 0xFFFF else f"\\u{point:04x}"
