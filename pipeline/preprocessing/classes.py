"""Classes in one order, and their numbers."""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError

Ints = NDArray[np.int64]


def class_names(targets: pl.Series) -> tuple[str, ...]:
    """Return the classes in natural order: numbers by value, then words by letter.

    Raises:
        DataError: There are fewer than two, so there is nothing to tell apart.
    """
    names = [str(name) for name in targets.drop_nulls().unique().sort()]
    if len(names) < 2:
        raise DataError(
            f"the target has {len(names)} class ({', '.join(names) or 'none at all'}); at least two are needed; "
            f"check sources.target or the folders of sources.path"
        )
    values = [_number(name) for name in names]
    if None in values:
        return tuple(names)
    return tuple(name for _, name in sorted(zip(values, names, strict=True)))


def _number(name: str) -> float | None:
    try:
        number = float(name)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def class_indices(targets: pl.Series, classes: tuple[str, ...]) -> Ints:
    """Return the index of each target in ``classes``; -1 for null."""
    order = {name: index for index, name in enumerate(classes)}
    indices = targets.replace_strict(order, default=-1, return_dtype=pl.Int64)
    return indices.fill_null(-1).to_numpy()


def require_known_classes(train: Ints, others: Ints, classes: tuple[str, ...]) -> None:
    """Check that training sees every class that is asked for later.

    Raises:
        DataError: A class occurs in val or test only.
    """
    unseen = [classes[index] for index in np.setdiff1d(others, train)]
    if unseen:
        raise DataError(
            f"no training sample has the class {', '.join(unseen[:5])}, which val or test ask for; "
            f"change preprocessing.split, or leave the class out"
        )
