"""Rows of a table: each is a sample."""

from collections.abc import Mapping, Sequence
from typing import Any

from .columns import complaint, encode
from .rows import Row
from .samples import Samples


def prepare(rows: Sequence[Row], fitted: Mapping[str, Any]) -> Samples:
    """Scale and encode rows as training did.

    Args:
        rows: Raw rows.
        fitted: ``preprocessing.json``.
    """
    refuses = "preprocessing.missing=refuse" if fitted["missing"] == "refuse" else None
    reasons = {
        place: told
        for place, row in enumerate(rows)
        if (told := complaint(row, fitted["columns"], fitted["reading"], refuses=refuses)) is not None
    }
    good = [place for place in range(len(rows)) if place not in reasons]
    if not good:
        return Samples([], [], reasons=reasons)
    values = encode([rows[place] for place in good], fitted["columns"], fitted["reading"])
    shaped = values[:, :, None] if fitted["steps"] == "columns" else values[:, None]  # (N, T, C)
    return Samples(good, list(shaped), reasons=reasons)
