"""What the folds of a split are made of, once the data are known."""

from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.preprocessing.config import PreprocessingConfig, WholeConfig, WindowsConfig

FoldUnit = Literal["time", "groups", "samples"]


def fold_unit(config: PreprocessingConfig, samples: Path) -> FoldUnit | None:
    """Return whether folds are blocks of time, of whole groups, or of single samples; None: the split has none.

    Args:
        config: How the data were divided.
        samples: ``samples.parquet`` of preprocess.
    """
    split = config.split
    if split.kind != "folds":
        return None
    if split.folds_of == "time":
        return "time"
    if isinstance(config, WholeConfig):  # each case is a group of its own, so groups say nothing
        return "samples"
    keys = pl.scan_parquet(samples)
    grouped, timed = (
        keys.select(pl.col("group").is_not_null().any(), pl.col("time").is_not_null().all()).collect().row(0)
    )
    if grouped:
        return "groups"
    return "time" if timed or isinstance(config, WindowsConfig) else "samples"
