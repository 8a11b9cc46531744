"""From the section ``sources`` to the object that reads."""

from pathlib import Path
from typing import assert_never

from pipeline.sources.base import Source
from pipeline.sources.config import (
    AudioConfig,
    CsvConfig,
    DigitsConfig,
    FolderConfig,
    FramesConfig,
    GeneratedConfig,
    IdxConfig,
    JoinedConfig,
    JsonlConfig,
    LinesConfig,
    NpzConfig,
    ParquetConfig,
    SourceConfig,
    SqlConfig,
    UcrConfig,
    VideoConfig,
    VolumesConfig,
    WfdbConfig,
)


def build_source(config: SourceConfig, project: Path, *, answers: bool = True) -> Source:
    """Return the source for ``config``; paths in it are relative to ``project``.

    Args:
        config: Kind and settings.
        project: What paths are relative to.
        answers: Whether each file has to have a class where one is looked for; files to predict need none.
    """
    match config:
        case CsvConfig() | ParquetConfig() | JsonlConfig() | SqlConfig() | JoinedConfig():
            return _table(config, project)
        case LinesConfig() | UcrConfig() | WfdbConfig() | GeneratedConfig():
            return _lines_or_signals(config, project, answers=answers)
        case DigitsConfig() | FolderConfig() | NpzConfig() | IdxConfig():
            return _images(config, project, answers=answers)
        case FramesConfig() | VideoConfig() | VolumesConfig() | AudioConfig():
            return _media(config, project, answers=answers)
        case _:
            assert_never(config)


def _table(
    config: CsvConfig | ParquetConfig | JsonlConfig | SqlConfig | JoinedConfig, project: Path
) -> Source:
    match config:
        case CsvConfig():
            from pipeline.sources.csv import CsvSource

            return CsvSource(config, project)
        case ParquetConfig():
            from pipeline.sources.parquet import ParquetSource

            return ParquetSource(config, project)
        case JsonlConfig():
            from pipeline.sources.jsonl import JsonlSource

            return JsonlSource(config, project)
        case SqlConfig():
            from pipeline.sources.sql import SqlSource

            return SqlSource(config, project)
        case JoinedConfig():
            from pipeline.sources.joined import JoinedSource

            parts = [part.source for part in config.others]
            return JoinedSource(
                config, _table(config.first, project), [_table(part, project) for part in parts]
            )
        case _:
            assert_never(config)


def _lines_or_signals(
    config: LinesConfig | UcrConfig | WfdbConfig | GeneratedConfig, project: Path, *, answers: bool
) -> Source:
    match config:
        case LinesConfig():
            from pipeline.sources.lines import LinesSource

            return LinesSource(config, project, answers=answers)
        case UcrConfig():
            from pipeline.sources.ucr import UcrSource

            return UcrSource(config, project)
        case WfdbConfig():
            from pipeline.sources.wfdb import WfdbSource

            return WfdbSource(config, project)
        case GeneratedConfig():
            from pipeline.sources.generated.source import GeneratedSource

            return GeneratedSource(config)
        case _:
            assert_never(config)


def _images(
    config: DigitsConfig | FolderConfig | NpzConfig | IdxConfig, project: Path, *, answers: bool
) -> Source:
    match config:
        case DigitsConfig():
            from pipeline.sources.digits import DigitsSource

            return DigitsSource()
        case FolderConfig():
            from pipeline.sources.folder import FolderSource

            return FolderSource(config, project, answers=answers)
        case NpzConfig():
            from pipeline.sources.npz import NpzSource

            return NpzSource(config, project, answers=answers)
        case IdxConfig():
            from pipeline.sources.idx import IdxSource

            return IdxSource(config, project, answers=answers)
        case _:
            assert_never(config)


def _media(
    config: FramesConfig | VideoConfig | VolumesConfig | AudioConfig, project: Path, *, answers: bool
) -> Source:
    match config:
        case FramesConfig():
            from pipeline.sources.frames import FramesSource

            return FramesSource(config, project, answers=answers)
        case VideoConfig():
            from pipeline.sources.video import VideoSource

            return VideoSource(config, project, answers=answers)
        case VolumesConfig():
            from pipeline.sources.volumes import VolumesSource

            return VolumesSource(config, project, answers=answers)
        case AudioConfig():
            from pipeline.sources.audio import AudioSource

            return AudioSource(config, project, answers=answers)
        case _:
            assert_never(config)
