"""What a network makes of samples before its head answers, and how much of a text it does not know.

An evenly spread part is kept: in the folder of the model for the test split, in memory for new rows.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.foundation.table import write_table
from pipeline.foundation.thinned import Floats, Kept, Thinned
from pipeline.preprocessing.meta import StreamMeta
from pipeline.training.batches import Samples

REPRESENTATION = "representation.parquet"
UNKNOWN_ID = 1
AT_ONCE = 4096


@dataclass
class Represented:
    """Hears what a network makes of samples, in their order."""

    _features: Thinned = field(default_factory=Thinned)
    _unknown: Thinned = field(default_factory=Thinned)

    def add(self, features: Floats) -> None:
        """Take features, shape ``(sample, feature)``; samples that the network cannot read are left out."""
        self._features.add(features[np.isfinite(features).all(axis=1)])

    def add_tokens(self, samples: Samples, meta: StreamMeta) -> None:
        """Take the tokens of the same samples, where they are texts."""
        if not meta.vocabulary:
            return
        for start in range(0, len(samples), AT_ONCE):
            ids = samples.inputs(np.arange(start, min(start + AT_ONCE, len(samples))))
            share = (ids == UNKNOWN_ID).sum(axis=1) / np.maximum((ids != 0).sum(axis=1), 1)
            self._unknown.add(share[:, None].astype(np.float32))

    def write(self, folder: Path) -> None:
        """Write what was kept, for :func:`read_represented`."""
        kept, unknown = self._features.kept(), self.unknown
        rows, width = kept.rows.shape
        shares = unknown if len(unknown) == rows else pl.repeat(None, rows, dtype=pl.Float32, eager=True)
        table = pl.DataFrame({
            "features": pl.Series(kept.rows, dtype=pl.Array(pl.Float32, width)),
            "unknown": shares,
            "every": pl.Series([kept.every] * rows, dtype=pl.Int64),
            "redundancy": pl.Series([kept.redundancy] * rows, dtype=pl.Float64),
        })  # fmt: skip
        write_table(table, folder / REPRESENTATION)

    @property
    def features(self) -> Kept:
        """What the network makes of them."""
        return self._features.kept()

    @property
    def unknown(self) -> pl.Series:
        """Share of the tokens of each kept text that the vocabulary lacks; empty where the samples are no texts."""
        rows = self._unknown.kept().rows
        return pl.Series(rows[:, 0] if len(rows) else [], dtype=pl.Float32)


def read_represented(path: Path) -> tuple[Kept, pl.Series]:
    """Return features and unknown shares, as :meth:`Represented.write` wrote them."""
    table = pl.read_parquet(path)
    kept = Kept(table["features"].to_numpy(), int(table["every"][0]), float(table["redundancy"][0]))
    return kept, table["unknown"].drop_nulls()
