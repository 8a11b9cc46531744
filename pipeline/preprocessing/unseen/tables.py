"""New rows of a table."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.preprocessing.config import TableConfig
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.taken import Taken, take_samples


def take_tables(table: Path, config: TableConfig, fitted: Fitted, out: Path) -> Taken:
    """Scale and encode rows as training says; a category that training never had is none of the known."""
    frame, columns = pl.read_parquet(table), fitted.columns
    notes: Counter[str] = Counter()
    for each in columns.categories:
        unseen = frame.height - int(each.encode(frame[each.name]).sum())
        notes[f"cells of {each.name} hold what training never had, and are none of the known"] += unseen
    width = len(columns.names)
    steps, shape = (width, (1,)) if config.steps == "columns" else (1, (width,))
    with Outlet(out, np.float32, shape) as outlet:
        outlet.add_rows(columns.encode(frame).reshape(-1, *shape))
        samples = Samples(
            np.arange(frame.height, dtype=np.int64) * steps, frame, static=fitted.encode_static(frame)
        )
        reader = take_samples(outlet, fitted, samples)
    return Taken(reader, out / "samples.parquet", notes=notes)
