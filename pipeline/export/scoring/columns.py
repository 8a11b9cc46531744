"""Numbers and words of single rows as the scaled columns that training fitted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rows import Doubles, Row, number, word

Floats = NDArray[np.float32]


def encode(rows: Sequence[Row], fitted: Mapping[str, Any], reading: Mapping[str, Any]) -> Floats:
    """Return scaled columns ``(row, column)``: numbers, where they were measured, then a 0/1 column per known word.

    Args:
        rows: Rows whose cells can be read.
        fitted: ``columns`` or ``static`` of ``preprocessing.json``.
        reading: How cells are read.
    """
    names = [name for name in fitted["order"] if name in fitted["channels"]]
    raw = numbers(rows, names, reading)
    holes = np.isnan(raw)
    own = [fitted["channels"][name] for name in names]
    offset, scale, means = (np.array([each[key] for each in own]) for key in ("offset", "scale", "mean"))
    scaled = ((np.where(holes, means, raw) - offset) / scale).astype(np.float32)
    masks = (~holes[:, [names.index(name) for name in fitted["masked"]]]).astype(np.float32)
    words = [_hot(rows, name, fitted) for name in fitted["order"] if name in fitted["categories"]]
    return np.hstack([scaled, masks, *words])


def numbers(rows: Sequence[Row], names: Sequence[str], reading: Mapping[str, Any]) -> Doubles:
    """Return cells as ``(row, column)``, NaN where they are empty."""
    cells = [[number(row, name, reading) for name in names] for row in rows]
    return np.array(cells, np.float64).reshape(len(rows), len(names))


def complaint(
    row: Row, fitted: Mapping[str, Any], reading: Mapping[str, Any], *, refuses: str | None
) -> str | None:
    """Return why the cells of a row cannot be used; None: they can.

    Args:
        row: One row.
        fitted: As in :func:`encode`.
        reading: How cells are read.
        refuses: The setting that refuses empty cells; None: they are filled.
    """
    for name in fitted["order"]:
        if name in fitted["categories"]:
            empty = word(row, name) is None
        else:
            try:
                value = number(row, name, reading)
            except ValueError as error:
                return str(error)
            if np.isinf(value):
                return f"{name} is infinite"
            empty = bool(np.isnan(value))
        if empty and refuses is not None:
            return f"{name} is empty, and {refuses}"
    return None


def _hot(rows: Sequence[Row], name: str, fitted: Mapping[str, Any]) -> Floats:
    """Return 0/1 columns of a column of words; a word that training never had is 0 everywhere, or the rest."""
    values = fitted["categories"][name]
    rest = name in fitted["rest"]
    hot = np.zeros((len(rows), len(values) + rest), np.float32)
    for place, row in enumerate(rows):
        found = word(row, name)
        if found in values:
            hot[place, values.index(found)] = 1.0
        elif rest:
            hot[place, -1] = 1.0
    return hot
