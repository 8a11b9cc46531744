"""Images in one NumPy archive, as MedMNIST writes them."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
            loaded = np.load(self.path, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                raise DataError(
                    f"{self.path} is one array, not an archive; save images and labels together with "
                    f"numpy.savez(path, images=…, labels=…)"
                )
            with loaded as archive:
                names = self._names(archive)
                arrays = {name: archive[name] for part in names for name in part[:2]}
        except DataError:
            raise
        except (BadZipFile, ValueError, OSError, EOFError, zlib.error, NotImplementedError) as error:
            raise DataError(f"{self.path} is no NumPy archive of plain arrays: {error}") from None
        coded = [name for _, name, _ in names if arrays[name].ndim == 2 and arrays[name].shape[1] > 1]
        notes = [f"{name} is one-hot; the class is the place of its 1" for name in coded]
        return image_table(pl.concat([self._rows(arrays, *part) for part in names]), tuple(notes))

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

    def _rows(
        self, arrays: dict[str, NDArray[Any]], images: str, targets: str, split: str | None
    ) -> pl.DataFrame:
        pixels = arrays[images]
        count = len(pixels) if pixels.ndim else 0
        origins = [f"{self.path.name}:{images}[{index}]" for index in range(count)]
        answers = one_class_each(arrays[targets], f"{self.path.name}:{targets}")
        return pixel_rows(pixels, answers, split=split, origins=origins)


def one_class_each(answers: NDArray[Any], name: str) -> NDArray[Any]:
    """Return one class per image from an array of shape ``(sample,)``, ``(sample, 1)`` or one-hot ``(sample, class)``.

    Raises:
        DataError: The array has another shape, or an image has several classes or none.
    """
    if answers.ndim == 1:
        return answers
    if answers.ndim != 2 or not answers.shape[1]:
        raise DataError(f"{name} has shape {answers.shape}; one class per image is wanted, shape (sample,)")
    if answers.shape[1] == 1:
        return answers[:, 0]
    if not np.isin(answers, (0, 1)).all() or not (answers.sum(axis=1) == 1).all():
        raise DataError(
            f"{name} has shape {answers.shape} and is not one-hot: images with several labels each are not supported "
            f"yet; keep one label per image, shape (sample,)"
        )
    places: NDArray[np.int64] = answers.argmax(axis=1)
    return places
