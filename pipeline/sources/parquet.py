"""Parquet tables."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source, SourceTable
from pipeline.sources.config import ParquetConfig
from pipeline.sources.files import matching_files
from pipeline.sources.series import series_table

SUFFIXES = (".parquet", ".pq")


class ParquetSource(Source):
    """One file, or many with the same columns."""

    def __init__(self, config: ParquetConfig, project: Path) -> None:
        self.config = config
        self.files = matching_files(project, config.path, SUFFIXES)

    def read(self) -> SourceTable:
        """Return the rows of all files as one series table."""
        return series_table(self.raw(), self.config)

    def raw(self) -> pl.DataFrame:
        """Return the columns as the files have them, and ``origin``."""
        try:
            return pl.concat([self._file(path) for path in self.files], how="vertical_relaxed")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            reason = str(error).strip().splitlines()[0]
            raise DataError(
                f"the files of sources.path={self.config.path} cannot be read as one table, their columns or types "
                f"differ: {reason}"
            ) from None

    def _file(self, path: Path) -> pl.DataFrame:
        try:
            with _quiet():
                frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            reason = (str(error).strip().splitlines() or ["it is damaged"])[0][:200]
            raise DataError(f"{path} is no readable Parquet file: {reason}; write it again") from None
        rows = pl.int_range(1, frame.height + 1).cast(pl.String)
        not_numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
        return frame.with_columns(
            *(pl.col(name).fill_nan(None) for name in not_numbers),
            pl.concat_str(pl.lit(f"{path.name}:"), rows).alias("origin"),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Send what Rust prints about a panic to nowhere; the error itself is told in a sentence."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
