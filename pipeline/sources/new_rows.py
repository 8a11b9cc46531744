"""The source that a model was trained from, pointed at other data: rows to predict, which need not say the target."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.build import build_source
from pipeline.sources.cells.tables import TableSource
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

PlainTable = CsvConfig | ParquetConfig | JsonlConfig | SqlConfig
MediaFiles = FolderConfig | FramesConfig | VideoConfig | VolumesConfig | AudioConfig
KIND_OF: dict[str, type[CsvConfig] | type[ParquetConfig] | type[JsonlConfig]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), CsvConfig),
    **dict.fromkeys((".parquet", ".pq", ".arrow", ".feather"), ParquetConfig),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), JsonlConfig),
}
"""What a table is, by the end of its name."""


@dataclass(frozen=True)
class Trained:
    """The columns that a model was trained on."""

    channels: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True)
class NewRows:
    """Settings of a source of rows to predict."""

    config: SourceConfig
    lacking: tuple[str, ...] = ()
    """Columns that the model was trained on, and these data do not have."""


def new_rows(config: SourceConfig, path: str, trained: Trained, *, project: Path) -> NewRows:
    """Return how to read the data at ``path`` as those of ``config`` were read.

    Rows that cannot be read are always set aside, splits are not looked at, and a target is read where there is one.
    A table may also come as CSV, Parquet or JSON Lines where another of them was trained on, and images as files or
    as one archive.

    Args:
        config: What the model was trained from.
        path: File, folder, pattern or URL, relative to ``project``.
        trained: The columns that the model knows.
        project: What paths are relative to.

    Raises:
        ConfigError: The source makes its rows itself.
        DataError: The data are missing, or have none of the columns.
    """
    match config:
        case CsvConfig() | ParquetConfig() | JsonlConfig() | SqlConfig():
            return _table(config, path, trained, project)
        case JoinedConfig():
            first = _named(config.first, path, {})
            return NewRows(config.model_copy(update={"first": _with_answers(first, config.first, project)}))
        case LinesConfig():
            return NewRows(_files(config, path, {"labels": None, "label_names": None}))
        case UcrConfig():
            return NewRows(_files(config, path, {}))
        case WfdbConfig():
            return NewRows(_files(config, path, {"annotations": None, "channels": trained.channels}))
        case DigitsConfig() | FolderConfig() | NpzConfig() | IdxConfig():
            return _images(config, path, trained, project)
        case FramesConfig() | VideoConfig() | VolumesConfig() | AudioConfig():
            return _media(config, path, trained)
        case GeneratedConfig():
            raise ConfigError(
                "sources.kind=generated makes its rows from a seed, so there is no kind of file whose rows could be "
                "predicted; train on files"
            )


def _table(config: PlainTable, path: str, trained: Trained, project: Path) -> NewRows:
    plain = _named(config, path, {"channels": (), "categories": ()})
    there = _header(plain, project)
    lacking = tuple(name for name in (*trained.channels, *trained.categories) if name not in there)
    if len(lacking) == len(trained.channels) + len(trained.categories) > 0 and not config.text:
        raise DataError(
            f"{shown(path)} has none of the columns that the model was trained on ({', '.join(lacking[:10])}); it has: "
            f"{', '.join(there[:20])}"
        )
    known = {
        "channels": tuple(name for name in trained.channels if name in there),
        "categories": tuple(name for name in trained.categories if name in there),
        "target": config.target if config.target in there else None,
    }
    return NewRows(plain.model_copy(update=known), lacking)


def _with_answers(plain: PlainTable, config: PlainTable, project: Path) -> PlainTable:
    """Return the settings with the target, where the data have it."""
    there = _header(plain, project) if config.target else ()
    return plain.model_copy(update={"target": config.target if config.target in there else None})


def _named(config: PlainTable, path: str, update: dict[str, Any]) -> PlainTable:
    """Return the settings for a table of any kind, with nothing said of target and split."""
    own = {name: getattr(config, name) for name in type(config).model_fields if name != "kind"}
    own |= {"path": path, "bad_rows": "quarantine", "split": None, "split_pattern": None, "target": None}
    own |= {"target_pattern": None, **update}
    kind = _kind(config, path)
    found: PlainTable = kind(**{name: value for name, value in own.items() if name in kind.model_fields})
    return found


def _kind(config: PlainTable, path: str) -> Any:
    if "://" in path and isinstance(config, SqlConfig):
        return SqlConfig
    suffix = Path(shown(path).lower().removesuffix(".gz")).suffix
    if isinstance(config, SqlConfig) and suffix not in KIND_OF:
        raise ConfigError(
            f"{shown(path)} is neither the URL of a database nor a table (.csv, .parquet, .jsonl); give one of them"
        )
    return KIND_OF.get(suffix, type(config))


def _header(config: PlainTable, project: Path) -> tuple[str, ...]:
    """Return the names of the columns, as the first rows have them."""
    source = build_source(config, project)
    if not isinstance(source, TableSource):
        raise ValueError(f"{config.kind} is no table")
    return tuple(name for name in source.raw(1).columns if name != "origin")


def _images(
    config: DigitsConfig | FolderConfig | NpzConfig | IdxConfig, path: str, trained: Trained, project: Path
) -> NewRows:
    if shown(path).lower().endswith(".npz"):
        return NewRows(NpzConfig(path=path))
    if any((project / Path(path).expanduser()).glob("*-images-idx3-ubyte*")):
        return NewRows(IdxConfig(path=path))
    return _media(config if isinstance(config, FolderConfig) else FolderConfig(path=path), path, trained)


def _media(config: MediaFiles, path: str, trained: Trained) -> NewRows:
    """Point at other files; the table of labels is of those that trained, so what it said of them is lacking."""
    nothing = {"labels": None, "label_file": None, "label_target": None, "label_group": None}
    update = {**nothing, "label_channels": (), "label_categories": ()}
    return NewRows(_files(config, path, update), (*trained.channels, *trained.categories))


def _files(config: Any, path: str, update: dict[str, Any]) -> Any:
    return config.model_copy(update={"path": path, "split_pattern": None, **update})
