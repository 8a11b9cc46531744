"""What ``preprocess`` fitted on training, read back for other rows."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.foundation.errors import IntegrityError
from pipeline.preprocessing.config import PreprocessingConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.scale import Scaler
from pipeline.preprocessing.static import FILE
from pipeline.preprocessing.stream import Floats
from pipeline.preprocessing.table.columns import Columns

FITTED_FILE = "fitted.json"


@dataclass(frozen=True)
class Fitted:
    """Settings and fitted things of a folder that ``preprocess`` wrote; its arrays are not needed."""

    folder: Path
    config: PreprocessingConfig
    question: Question
    meta: StreamMeta

    @property
    def scaler(self) -> Scaler:
        """The scale of the stream's channels."""
        return Scaler(np.array(self.meta.offset), np.array(self.meta.scale))

    @cached_property
    def told(self) -> dict[str, Any]:
        """What ``fitted.json`` says; nothing where nothing was fitted."""
        return self._read(FITTED_FILE) or {}

    @cached_property
    def columns(self) -> Columns:
        """What turns a row of a table into numbers.

        Raises:
            IntegrityError: It is not there.
        """
        return Columns.from_json(self._needed(FITTED_FILE))

    @cached_property
    def static(self) -> Columns | None:
        """What turns the static columns into numbers; None where there are none."""
        return Columns.from_json(self._needed(FILE)) if self.meta.static else None

    @property
    def static_names(self) -> tuple[str, ...]:
        """The static columns as the table calls them: numbers, then words."""
        if self.static is None:
            return ()
        return (*self.static.channels, *(each.name for each in self.static.categories))

    def encode_static(self, frame: pl.DataFrame) -> Floats | None:
        """Return the static columns of samples ``(sample, static)``; None where there are none."""
        return None if self.static is None else self.static.encode(frame)

    def _needed(self, name: str) -> dict[str, Any]:
        told = self._read(name)
        if told is None:
            raise IntegrityError(f"{self.folder / name} is missing; make the model again with `convoy run`")
        return told

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        if not path.is_file():
            return None
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return told
