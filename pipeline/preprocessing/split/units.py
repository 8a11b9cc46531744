"""What a splitter has to know of each thing that is divided."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """Samples to divide, each with one entry in every array; None: the data have no such thing."""

    count: int
    classes: Ints | None = None
    """Class index, -1 where unknown; for a multilabel head the first label, for a number None."""

    groups: Ints | None = None
    """Number of the patient, slide, subject, speaker, ticker; -1 where it has none."""

    moments: Ints | None = None
    """Rank of its time among all times, dense, from 0."""

    given: tuple[str | None, ...] | None = None
    """The split the source gives."""

    twins: Ints | None = None
    """Samples that are (nearly) the same share a number (``pipeline.leakage``)."""

    names: pl.DataFrame | None = None
    """``sample_id``, ``group``, ``origin`` of each, for the split file."""
