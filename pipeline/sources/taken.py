"""Which files of a folder a source would read: the others are left where they lie."""

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.sources.config import (
    AudioConfig,
    CsvConfig,
    FolderConfig,
    FramesConfig,
    JsonlConfig,
    ParquetConfig,
    SourceConfig,
    UcrConfig,
    VideoConfig,
    VolumesConfig,
)
from pipeline.sources.places.no_data import is_no_data


def taken_names(names: Collection[str], config: SourceConfig, folder: Path) -> list[str]:
    """Return those of ``names`` that the source reads, or may need; a file that a setting names always is.

    Args:
        names: Files below a folder, by their paths relative to it.
        config: The source.
        folder: Where its settings say that such files lie.
    """
    named = {name for text in texts(config.model_dump(mode="json")) if (name := _below(text, folder))}
    data = [name for name in names if name in named or not is_no_data(name)]
    if (ends := _ends(config)) is None:
        return data
    if _below(getattr(config, "path", ""), folder) in names:  # one table, of any name
        return [name for name in data if name in named]
    return [name for name in data if name in named or name.lower().endswith(ends)]


def texts(node: Any) -> Iterator[str]:
    """Yield every text in a tree of settings."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from texts(value)


def _ends(config: SourceConfig) -> tuple[str, ...] | None:
    """Return the ends of the names that a source reads in a folder; None: any file may be needed."""
    match config:
        case CsvConfig() | JsonlConfig() | ParquetConfig() | UcrConfig():
            return _ends_of_tables(config)
        case FolderConfig() | FramesConfig():
            from pipeline.sources.payload.pixels import SUFFIXES

            return SUFFIXES
        case VideoConfig():
            from pipeline.sources.video import VideoSource

            return VideoSource.suffixes
        case VolumesConfig():
            from pipeline.sources.volumes import VolumesSource

            return VolumesSource.suffixes
        case AudioConfig():
            from pipeline.sources.audio import AudioSource

            return AudioSource.suffixes
        case _:  # a header with its signals, two files line by line, several tables
            return None


def _ends_of_tables(config: CsvConfig | JsonlConfig | ParquetConfig | UcrConfig) -> tuple[str, ...]:
    from pipeline.sources import csv, jsonl, parquet, ucr

    match config:
        case CsvConfig():
            return csv.SUFFIXES
        case JsonlConfig():
            return jsonl.SUFFIXES
        case ParquetConfig():
            return parquet.SUFFIXES
        case UcrConfig():
            return ucr.SUFFIXES


def _below(text: str, folder: Path) -> str | None:
    """Return a path of the settings relative to ``folder``; None: it lies elsewhere."""
    path = PurePosixPath(text)
    return path.relative_to(folder.as_posix()).as_posix() if path.is_relative_to(folder.as_posix()) else None
