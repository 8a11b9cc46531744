"""Counts with their nouns, as a person writes them."""


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return ``1 window``, ``2,785 windows``; ``nouns`` where the plural does not only add an s."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def one_line(text: str) -> str:
    """Return text without line breaks, for places that show the first line and no more."""
    return " ".join(text.split())
