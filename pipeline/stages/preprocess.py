"""Stage ``preprocess``: turn the table into memory-mapped streams, split so that nothing leaks."""

import logging

import numpy as np
import polars as pl

from pipeline.foundation.files import write_json
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Report
from pipeline.foundation.steps import step_seconds
from pipeline.foundation.table import write_table
from pipeline.heads.config import ForecastConfig, HeadConfig
from pipeline.preprocessing.config import ImagesConfig, PreprocessingConfig
from pipeline.preprocessing.meta import SPLITS, Split
from pipeline.preprocessing.pictures import prepare_images
from pipeline.preprocessing.prepared import Prepared, Question
from pipeline.preprocessing.series import prepare_series

log = logging.getLogger(__name__)


class PreprocessReport(Report):
    """What became of the rows."""

    rows: int
    window: int
    frame: tuple[int, ...]
    counts: dict[Split, int]
    notes: tuple[str, ...]


def preprocess(
    preprocessing: PreprocessingConfig, heads: HeadConfig, run: RunConfig, *, data: Paths
) -> PreprocessReport:
    """Write the stream, and for each split the samples in it.

    Raises:
        DataError: Cells are missing and may not be, or a part of the split is empty.
        ShapeError: The series is shorter than one window.
    """
    table = pl.read_parquet(data.read("validate", "table.parquet"))
    if isinstance(preprocessing, ImagesConfig):
        prepared = prepare_images(table, preprocessing, seed=run.seed, threads=run.threads)
    else:
        prepared = prepare_series(
            table, preprocessing, _question(heads), step_seconds=step_seconds(table), seed=run.seed
        )
    for note in prepared.notes:
        log.info("%s", note)
    _write(prepared, data)
    counts = ", ".join(f"{prepared.meta.counts[name]:,} {name}" for name in SPLITS)
    shape = " x ".join(str(size) for size in prepared.meta.frame)
    return PreprocessReport(
        summary=f"{counts} samples of {prepared.meta.window} steps of {shape}",
        rows=len(prepared.stream),
        window=prepared.meta.window,
        frame=prepared.meta.frame,
        counts=prepared.meta.counts,
        notes=prepared.notes,
    )


def _question(heads: HeadConfig) -> Question:
    return Question(heads.horizon, heads.targets) if isinstance(heads, ForecastConfig) else Question()


def _write(prepared: Prepared, data: Paths) -> None:
    np.save(data.out / "stream.npy", prepared.stream)
    for name in SPLITS:
        np.save(data.out / f"starts_{name}.npy", prepared.starts[name])
        np.save(data.out / f"ids_{name}.npy", prepared.ids[name])
        if name in prepared.targets:
            np.save(data.out / f"targets_{name}.npy", prepared.targets[name])
    write_table(prepared.samples, data.out / "samples.parquet")
    write_json(prepared.meta.model_dump(mode="json"), data.out / "meta.json")
