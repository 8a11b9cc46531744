"""The same judgement of cells without Great Expectations, for the few rows of a request.

A call of GX costs some 30 ms whatever the rows, which is nothing beside a table and half of what a request costs. What
comparisons can tell is told here; a test holds this file to what GX finds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.quality.build import bounds_of
from pipeline.quality.rules_rows import (
    AnyRowRule,
    InLanguage,
    Length,
    Matches,
    NotNull,
    OneOf,
    Positive,
    Readable,
    UniqueTime,
)

Bools = NDArray[np.bool_]


def failing(rule: AnyRowRule, values: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the positions of ``values`` that break ``rule``, in order; None: only GX can tell.

    Args:
        rule: The rule.
        values: What :func:`pipeline.quality.cells.cells` measured; empty cells as NaN, NaT or None.
    """
    broken = _broken(rule, values)
    return None if broken is None else np.flatnonzero(broken)


def _broken(rule: AnyRowRule, values: NDArray[Any]) -> Bools | None:
    match rule:
        case NotNull():
            return _empty(values)
        case Readable():
            return ~_empty(values)
        case OneOf() | InLanguage():
            known = rule.values if isinstance(rule, OneOf) else rule.names
            return _of_texts(values, lambda text: text in {str(value) for value in known})
        case Length():
            return _of_texts(values, lambda text: rule.min <= len(text) <= rule.max)
        case Matches() | UniqueTime():
            return None
        case Positive():
            return np.asarray(values <= 0, np.bool_) if _are_numbers(values) else None
        case _:
            return _outside(values, *bounds_of(rule)) if _are_numbers(values) else None


def _empty(values: NDArray[Any]) -> Bools:
    if values.dtype == object:
        return np.fromiter((value is None or value != value for value in values), np.bool_, len(values))
    if values.dtype.kind in "fMm":
        return np.asarray(values != values, np.bool_)  # NaN and NaT differ from themselves
    return np.zeros(len(values), np.bool_)


def _are_numbers(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "iuf"


def _outside(values: NDArray[Any], low: object, high: object) -> Bools | None:
    """Return which numbers lie outside, both bounds allowed; NaN is an empty cell and lies nowhere."""
    broken = np.zeros(len(values), np.bool_)
    for bound, beyond in ((low, np.less), (high, np.greater)):
        if isinstance(bound, int | float):
            broken |= beyond(values, bound)
        elif bound is not None:
            return None
    return broken


def _of_texts(values: NDArray[Any], holds: Callable[[str], bool]) -> Bools | None:
    """Return which texts do not hold; None: the cells are something else."""
    cells = values.tolist() if values.dtype == object else []
    if len(cells) != len(values) or not all(cell is None or isinstance(cell, str) for cell in cells):
        return None
    return np.fromiter((cell is not None and not holds(cell) for cell in cells), np.bool_, len(cells))
