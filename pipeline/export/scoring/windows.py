"""Windows of a series: the one that ends at the last row of each group, or one at every row."""

from collections.abc import Mapping, Sequence
from typing import Any

from .columns import encode
from .rows import Row
from .samples import Samples
from .series import Group, groups_of, scaled


def prepare(rows: Sequence[Row], fitted: Mapping[str, Any], *, every: bool = False) -> Samples:
    """Cut windows from rows, which need not be sorted.

    Args:
        rows: Raw rows.
        fitted: ``preprocessing.json``.
        every: Whether a window ends at every row, as if it were the last.
    """
    groups, reasons = groups_of(rows, fitted)
    samples = Samples([], [], reasons=reasons)
    for group in groups:
        stream = scaled(group.values, fitted)
        for last in range(len(stream)) if every else [len(stream) - 1]:
            if group.places[last] < 0:
                continue
            why = _complaint(group, last, fitted["window"])
            if why is None:
                samples.rows.append(int(group.places[last]))
                samples.steps.append(stream[last - fitted["window"] + 1 : last + 1])
            else:
                reasons[int(group.places[last])] = why
    if fitted["static"] is not None and samples.rows:
        samples.static = encode([rows[place] for place in samples.rows], fitted["static"], fitted["reading"])
    return samples


def _complaint(group: Group, last: int, window: int) -> str | None:
    """Return why no window ends at a row; None: one does."""
    if group.unknown[last]:
        return "a value is unknown here, and nothing is known to fill it with"
    held = last - int(group.begins[last]) + 1
    if held < window:
        return f"only {held} rows without a gap or an unknown value end here, and the model reads {window}"
    return None
