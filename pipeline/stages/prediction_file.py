"""Predictions as a file: Parquet or CSV, complete or not there, with where they come from."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import polars as pl

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.files import json_text
from pipeline.foundation.table import TableWriter

KEY = "convoy"
"""Under which the metadata of a Parquet file hold the lineage, as JSON."""


def require_place(path: Path) -> None:
    """Check that predictions can be written there.

    Raises:
        ConfigError: The name ends otherwise than in ``.parquet`` or ``.csv``, or its folder does not exist.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise ConfigError(f"--out {path}: predictions are written as .parquet or .csv; choose one of them")
    if not path.parent.is_dir():
        raise ConfigError(f"--out {path}: there is no folder {path.parent}; make it first")


def lineage_in(path: Path) -> dict[str, Any]:
    """Return what a file of predictions says of where it came from.

    Raises:
        DataError: It says nothing, or cannot be read.
    """
    try:
        if path.suffix == ".parquet":
            told = pl.read_parquet_metadata(path)[KEY]
        else:
            told = path.with_name(f"{path.name}.lineage.json").read_text(encoding="utf-8")
        story: dict[str, Any] = json.loads(told)
        _require_story(story)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pl.exceptions.PolarsError):
        raise DataError(
            f"{path} does not say where it came from; give a file that `convoy predict` wrote (a CSV with its "
            f".lineage.json beside it), a version, or the folder of a model"
        ) from None
    return story


def _require_story(story: dict[str, Any]) -> None:
    """Raise TypeError or KeyError where a lineage is not made as :meth:`PredictionFile.finish` writes one."""
    model, source = story["model"], story["input"]
    texts = (
        model["version"] or "",
        model["model"],
        story["model_manifest"],
        source["name"],
        source["sha256"] or "",
        source.get("path") or "",  # files of earlier releases have none
    )
    counts = (story["scored"], story["unscored"])
    if not all(isinstance(text, str) for text in texts) or not all(type(count) is int for count in counts):
        raise TypeError(KEY)


class PredictionFile:
    """A file that grows frame by frame and takes its name when all is written."""

    def __init__(self, path: Path) -> None:
        """Begin.

        Args:
            path: Ends in ``.parquet`` or ``.csv``; a JSON file stands beside a CSV.

        Raises:
            ConfigError: It ends otherwise, or its folder does not exist.
        """
        require_place(path)
        self.path = path
        self._scratch = path.with_name(f".{path.name}.part")
        self._parquet = TableWriter(self._scratch) if path.suffix == ".parquet" else None
        self._csv: IO[bytes] | None = None

    @property
    def lineage_path(self) -> Path | None:
        """Where the lineage stands; None: in the file itself."""
        return None if self._parquet is not None else self.path.with_name(f"{self.path.name}.lineage.json")

    def add(self, frame: pl.DataFrame) -> None:
        """Append rows; all frames have one schema."""
        if self._parquet is not None:
            self._parquet.add(frame)
            return
        begins = self._csv is None
        self._csv = self._csv or self._scratch.open("wb")
        frame.write_csv(self._csv, include_header=begins)

    def finish(self, lineage: Mapping[str, Any]) -> None:
        """Write the lineage, and give the file its name."""
        if self._parquet is not None:
            self._parquet.metadata[KEY] = json_text(lineage)
            self._parquet.close()
        elif self._csv is not None:
            self._csv.close()
        if (beside := self.lineage_path) is not None:
            beside.write_text(json_text(lineage), encoding="utf-8")
        self._scratch.replace(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._parquet is not None:
            self._parquet.__exit__(kind, error, trace)
        if self._csv is not None:
            self._csv.close()
        self._scratch.unlink(missing_ok=True)
