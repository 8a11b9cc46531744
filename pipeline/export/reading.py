"""Which columns raw rows have, and how their cells are read."""

from dataclasses import dataclass
from typing import Any

from pipeline.sources.config import (
    AudioConfig,
    CsvConfig,
    JoinedConfig,
    JsonlConfig,
    ParquetConfig,
    SourceConfig,
    SqlConfig,
    UcrConfig,
    VolumesConfig,
    WfdbConfig,
)
from pipeline.sources.config_tables import TextCells

NULLS = TextCells.model_fields["nulls"].default


@dataclass(frozen=True)
class Reading:
    """The names that the user's table gives to what is in every table."""

    group: str | None
    time: str | None
    text: str
    separator: str | None = None
    decimal: str | None = None
    time_format: str | None = None
    nulls: tuple[str, ...] = NULLS
    longest_seconds: int = AudioConfig.model_fields["longest_seconds"].default
    """Of recordings: where they are cut off when they are taken in."""

    measured: bool = False
    """Whether values are no pixels: a whole volume says what is black and white."""

    def as_json(self) -> dict[str, Any]:
        """Return how cells are read, for ``preprocessing.json``."""
        return {
            "separator": self.separator,
            "decimal": self.decimal,
            "time_format": self.time_format,
            "nulls": list(self.nulls),
        }


def reading_of(config: SourceConfig) -> Reading:
    """Return how rows like those of a source are read where they come as CSV or JSON.

    A source that is no table names no columns: its rows are told with ``group``, ``time`` and ``text``.
    """
    if isinstance(config, JoinedConfig):
        config = config.first
    match config:
        case CsvConfig():
            return Reading(
                config.group,
                config.time,
                config.text or "text",
                config.separator,
                config.decimal,
                config.time_format,
                config.nulls,
            )
        case JsonlConfig():
            text = config.text or "text"
            return Reading(
                config.group, config.time, text, None, config.decimal, config.time_format, config.nulls
            )
        case ParquetConfig() | SqlConfig():
            return Reading(config.group, config.time, config.text or "text")
        case AudioConfig():
            return Reading("group", None, "text", longest_seconds=config.longest_seconds)
        case VolumesConfig():
            return Reading("group", None, "text", measured=True)
        case UcrConfig():
            return Reading("group", None, "text")
        case WfdbConfig():
            return Reading("group", "time", "text")
        case _:
            return Reading("group", None, "text")
