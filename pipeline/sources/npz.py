"""Images in one NumPy archive, as MedMNIST writes them."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source, SourceTable
from pipeline.sources.config import NpzConfig
from pipeline.sources.files import existing
from pipeline.sources.pixels import image_table, pixel_rows

PLAIN = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "target"))


class NpzSource(Source):
    """Arrays of images and targets, with or without given splits."""

    def __init__(self, config: NpzConfig, project: Path) -> None:
        self.path = existing(project, config.path)

    def read(self) -> SourceTable:
        """Return every image of the archive; nothing in it is unpickled."""
        try:
            with np.load(self.path, allow_pickle=False) as archive:
                parts = [self._rows(archive, *names) for names in self._names(archive)]
        except (BadZipFile, ValueError, OSError, EOFError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"{self.path} is no NumPy archive of plain arrays: {error}") from None
        return image_table(pl.concat(parts))

    def _names(self, archive: Any) -> list[tuple[str, str, str | None]]:
        """Return names of image array, target array and split, for each part of the archive."""
        given = [
            (f"{split}_{images}", f"{split}_{targets}", split)
            for split in ("train", "val", "test")
            for images, targets in PLAIN
        ]
        plain = [(images, targets, None) for images, targets in PLAIN]
        found = [names for names in (*given, *plain) if {names[0], names[1]} <= set(archive)]
        if not found:
            raise DataError(
                f"{self.path} holds the arrays {sorted(archive)}; wanted: train_images and train_labels "
                f"(also val_, test_), or images and labels, or x and y"
            )
        return found

    def _rows(self, archive: Any, images: str, targets: str, split: str | None) -> pl.DataFrame:
        pixels, answers = archive[images], archive[targets]
        origins = [f"{self.path.name}:{images}[{index}]" for index in range(len(pixels))]
        return pixel_rows(pixels, answers.reshape(len(answers), -1)[:, 0], split=split, origins=origins)
