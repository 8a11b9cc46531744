"""The split for a person: what was divided, and where each part went."""

import numpy as np
import polars as pl

from pipeline.preprocessing.meta import SPLITS
from pipeline.preprocessing.split.codes import Codes
from pipeline.preprocessing.split.units import Units

LEFT_OUT = "left out"


def split_table(units: Units, codes: Codes) -> pl.DataFrame:
    """Return one row per unit: its names, ``split``, and ``twin``, the cluster of near-duplicates it belongs to.

    Args:
        units: What was divided.
        codes: Part of each unit.
    """
    names = pl.DataFrame({"sample": np.arange(units.count)}) if units.names is None else units.names
    table = names.with_columns(_parts(codes))
    if units.twins is None:
        return table
    clusters, inverse, counts = np.unique(units.twins, return_inverse=True, return_counts=True)
    numbers = np.cumsum(counts > 1)  # only what is repeated has a number: others stay empty for the eye
    shown = pl.Series("twin", np.where(counts > 1, numbers, 0)[inverse])
    return table.with_columns(shown.replace(0, None)) if len(clusters) < units.count else table


def _parts(codes: Codes) -> pl.Series:
    return pl.Series("split", [*SPLITS, LEFT_OUT]).gather(
        np.where(codes < 0, len(SPLITS), codes).astype(np.uint32)
    )
