"""From the section ``sources`` to the object that reads."""

from pathlib import Path
from typing import assert_never

from pipeline.sources.base import Source
from pipeline.sources.config import (
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    IdxConfig,
    NpzConfig,
    ParquetConfig,
    SourceConfig,
)


def build_source(config: SourceConfig, project: Path) -> Source:
    """Return the source for ``config``; paths in it are relative to ``project``."""
    match config:
        case DigitsConfig():
            from pipeline.sources.digits import DigitsSource

            return DigitsSource()
        case CsvConfig():
            from pipeline.sources.csv import CsvSource

            return CsvSource(config, project)
        case ParquetConfig():
            from pipeline.sources.parquet import ParquetSource

            return ParquetSource(config, project)
        case FolderConfig():
            from pipeline.sources.folder import FolderSource

            return FolderSource(config, project)
        case NpzConfig():
            from pipeline.sources.npz import NpzSource

            return NpzSource(config, project)
        case IdxConfig():
            from pipeline.sources.idx import IdxSource

            return IdxSource(config, project)
        case _:
            assert_never(config)
