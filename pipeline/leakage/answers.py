"""What the samples are asked for, as classes that a check can count."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints
from pipeline.leakage.parts import Parts

MOST_CLASSES = 1_000
STEPS = 5


def target_classes(parts: Parts) -> Ints | None:
    """Return the class of each sample, -1 where it has none; None: the samples are not asked for any.

    Of several labels the first counts; a number is put into one of five classes of equal size.
    """
    targets = parts.keys["target"].str.strip_chars()
    if targets.null_count() == len(targets):
        return None
    if parts.head == "regress":
        numbers = target_numbers(parts)
        edges = np.nanquantile(numbers, np.linspace(0, 1, STEPS + 1)[1:-1])
        return np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers))
    if parts.head == "multilabel":
        targets = targets.str.extract(r"^([^,;|]+)").str.strip_chars()
    ranks = targets.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return ranks if ranks.max() < MOST_CLASSES else None


def target_numbers(parts: Parts) -> NDArray[np.float64]:
    """Return the number that each sample is asked for, NaN where there is none."""
    numbers = parts.keys["target"].str.strip_chars().cast(pl.Float64, strict=False)
    return numbers.fill_null(float("nan")).to_numpy()
