"""Where rows come from: the section ``sources`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.foundation.section import Section
from pipeline.sources.config_generated import GeneratedConfig
from pipeline.sources.config_media import (
    AudioConfig,
    DigitsConfig,
    FolderConfig,
    FramesConfig,
    IdxConfig,
    NpzConfig,
    VideoConfig,
    VolumesConfig,
)
from pipeline.sources.config_tables import (
    CsvConfig,
    JsonlConfig,
    LinesConfig,
    ParquetConfig,
    SqlConfig,
    TableColumns,
    UcrConfig,
    WfdbConfig,
)

__all__ = [
    "AnyTableConfig",
    "AudioConfig",
    "CsvConfig",
    "DigitsConfig",
    "FolderConfig",
    "FramesConfig",
    "GeneratedConfig",
    "IdxConfig",
    "JoinPart",
    "JoinedConfig",
    "JsonlConfig",
    "LinesConfig",
    "NpzConfig",
    "ParquetConfig",
    "SourceConfig",
    "SqlConfig",
    "TableColumns",
    "TableKind",
    "UcrConfig",
    "VideoConfig",
    "VolumesConfig",
    "WfdbConfig",
    "table_kind",
]

TableKind = Literal["series", "samples", "text", "images", "clips", "sound"]
"""What the rows of a source are; it decides which kinds of preprocessing can read them."""

PlainTable = CsvConfig | ParquetConfig | JsonlConfig | SqlConfig
"""Tables whose columns the user names."""

AnyTableConfig = Annotated[PlainTable, Field(discriminator="kind")]


class JoinPart(Section):
    """A table whose columns are added to those of the first one."""

    source: AnyTableConfig
    """The table; its `group` and `time` are what it is joined by."""

    by: Literal["id", "time"] = "time"
    """`id`: the row of the same group, whatever its time; `time`: the last row that was known by then.

    Where a cell of that row is empty, the last known value of its column holds, as long as it is not too old itself.
    """

    lag_seconds: Annotated[int, Field(ge=0)] = 0
    """How long after its time a row becomes known (`by: time`): an indicator of Friday, published on Monday."""

    max_age_seconds: Annotated[int, Field(ge=1)] | None = None
    """Older rows say nothing any more; None: the last one holds until the next."""

    prefix: str = ""
    """Put before the names of its channels."""


class JoinedConfig(Section):
    """Several tables joined into one, by id or by time as it was known then."""

    kind: Literal["joined"] = "joined"

    first: AnyTableConfig
    """The table whose rows are kept; it gives times, groups and target."""

    others: Annotated[tuple[JoinPart, ...], Field(min_length=1)]
    """What is added to them."""


SourceConfig = Annotated[
    DigitsConfig
    | CsvConfig
    | ParquetConfig
    | JsonlConfig
    | SqlConfig
    | JoinedConfig
    | LinesConfig
    | UcrConfig
    | WfdbConfig
    | GeneratedConfig
    | FolderConfig
    | NpzConfig
    | IdxConfig
    | FramesConfig
    | VideoConfig
    | VolumesConfig
    | AudioConfig,
    Field(discriminator="kind"),
]


def table_kind(config: SourceConfig) -> TableKind:
    """Return what the rows of a source are."""
    match config:
        case DigitsConfig() | FolderConfig() | NpzConfig() | IdxConfig():
            return "images"
        case FramesConfig() | VideoConfig() | VolumesConfig():
            return "clips"
        case AudioConfig():
            return "sound"
        case LinesConfig():
            return "text"
        case UcrConfig() | WfdbConfig():
            return "series"
        case GeneratedConfig():
            return _made(config)
        case JoinedConfig():
            return _rows_of(config.first)
        case _:
            return _rows_of(config)


def _made(config: GeneratedConfig) -> TableKind:
    match config.problem:
        case "motif_order" | "noise":
            return "series"
        case "hyperspectral":
            return "images"
        case "stroke" | "volumes":
            return "clips"


def _rows_of(table: TableColumns) -> TableKind:
    if table.rows == "steps":
        return "series"
    return "text" if table.text else "samples"
