"""Groups of a series, each a sample as long as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .columns import encode
from .rows import Doubles, Row
from .samples import Samples, fits
from .series import groups_of, scaled


def prepare(rows: Sequence[Row], fitted: Mapping[str, Any]) -> Samples:
    """Take whole groups; each is told by its first row.

    Args:
        rows: Raw rows, of which those of a group need not stand together.
        fitted: ``preprocessing.json``.
    """
    groups, reasons = groups_of(rows, fitted)
    samples = Samples([], [], reasons=reasons)
    for group in groups:
        known = ~group.unknown
        known[: -fitted["longest"]] = False
        values = group.values[known]
        first = int(group.places[0])
        why = fits(values, fitted["network"]) if len(values) else "has no row in which every channel is known"
        if why is not None:
            reasons[first] = why
            continue
        if fitted["normalise"] == "each":
            values = _normalised(values, fitted["measured"])
        samples.rows.append(first)
        samples.steps.append(scaled(values, fitted))
    if fitted["static"] is not None and samples.rows:
        samples.static = encode([rows[place] for place in samples.rows], fitted["static"], fitted["reading"])
    return samples


def _normalised(values: Doubles, measured: int) -> Doubles:
    """Return a group with mean 0 and deviation 1 in each of its first channels; a constant one becomes 0."""
    own = values[:, :measured]
    apart = own - own.mean(axis=0)
    spread = np.sqrt((apart**2).mean(axis=0))
    constant = spread <= 1e-12 * np.abs(own).max(axis=0)
    made = np.where(constant, 0.0, apart / np.where(constant, 1.0, spread))
    return np.concatenate([made, values[:, measured:]], axis=1)
