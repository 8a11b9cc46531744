"""Images in one NumPy archive, as MedMNIST writes them."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.sources.base import Source
from pipeline.sources.config import NpzConfig, TableKind
from pipeline.sources.payload.gather import Row, gathered
from pipeline.sources.payload.npy import Member, open_member
from pipeline.sources.payload.pixels import IMAGES, pixel_rows, require_images
from pipeline.sources.places.files import existing

PLAIN = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "target"))
MOST_LABEL_BYTES = 2**30
PIECE_BYTES = 16_000_000
Part = tuple[str, str | None, str | None]
"""Names of image array and target array (None: there is none), and the split."""


class NpzSource(Source):
    """Arrays of images and targets, with or without given splits; nothing in them is unpickled."""

    kind: TableKind = "images"

    def __init__(self, config: NpzConfig, project: Path, *, answers: bool = True) -> None:
        """Find the archive; ``answers`` says whether each image has to have a target."""
        super().__init__()
        self.answers = answers
        self.path = existing(project, config.path)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield every image of the archive, a piece of an array at a time."""
        try:
            yield from gathered(self._rows(), IMAGES, "image")
        except DataError:
            raise
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError) as error:
            raise DataError(f"{self.path} is no NumPy archive of plain arrays: {error}") from None
        except RuntimeError as error:  # zipfile's word for a password
            raise DataError(f"{self.path} cannot be opened: {error}") from None

    def _rows(self) -> Iterator[Row]:
        with self.path.open("rb") as file:
            if file.read(6) == b"\x93NUMPY":
                raise DataError(
                    f"{self.path} is one array, not an archive; save images and labels together with "
                    f"numpy.savez(path, images=…, labels=…)"
                )
        with zipfile.ZipFile(self.path) as archive:
            for part in self._parts(archive):
                yield from self._part(archive, part)

    def _parts(self, archive: zipfile.ZipFile) -> list[Part]:
        """Return the arrays of each part of the archive."""
        arrays = {name.removesuffix(".npy") for name in archive.namelist()}
        given = [
            (f"{split}_{images}", f"{split}_{targets}", split)
            for split in ("train", "val", "test")
            for images, targets in PLAIN
        ]
        plain = [(images, targets, None) for images, targets in PLAIN]
        found: list[Part] = [names for names in (*given, *plain) if {names[0], names[1]} <= arrays]
        if not found and not self.answers:
            bare = {images: split for images, _, split in (*given, *plain) if images in arrays}
            found = [(images, None, split) for images, split in bare.items()]
        if not found:
            raise DataError(
                f"{self.path} holds the arrays {sorted(arrays)}; wanted: train_images and train_labels "
                f"(also val_, test_), or images and labels, or x and y"
            )
        return found

    def _part(self, archive: zipfile.ZipFile, part: Part) -> Iterator[Row]:
        images, labels, split = part
        name = f"{self.path.name}:{images}"
        with open_member(archive, images) as pixels:
            require_images(pixels.shape, pixels.dtype, name)
            targets = self._targets(archive, labels, pixels.shape[0])
            step = max(1, PIECE_BYTES // pixels.item_bytes)
            for first in range(0, pixels.shape[0], step):
                block = pixels.read(min(step, pixels.shape[0] - first))
                yield from pixel_rows(
                    block, targets[first : first + step], split=split, name=name, first=first
                )
            pixels.end()

    def _targets(self, archive: zipfile.ZipFile, labels: str | None, images: int) -> list[str] | list[None]:
        if labels is None:
            return [None] * images
        name = f"{self.path.name}:{labels}"
        with open_member(archive, labels) as member:
            self._require_labels(member, images, name)
            answers = member.read(images)
            member.end()
        if answers.ndim == 2 and answers.shape[1] > 1:
            targets, note = several_answers(answers, name)
            self.notes.append(note)
            return targets
        return [str(answer) for answer in answers.reshape(images).tolist()]

    def _require_labels(self, member: Member, images: int, name: str) -> None:
        shape = member.shape
        if len(shape) not in (1, 2) or 0 in shape[1:]:
            raise DataError(f"{name} has shape {shape}; one class per image is wanted, shape (sample,)")
        if shape[0] != images:
            raise DataError(
                f"{self.path.name}: there are {images} images and {shape[0]} targets; each image needs one target"
            )
        if images * member.item_bytes > MOST_LABEL_BYTES:
            raise DataError(f"{name} has shape {shape}, more than classes of {images} images can need")


def several_answers(answers: NDArray[Any], name: str) -> tuple[list[str], str]:
    """Return a cell per image for an array of 0 and 1 of shape ``(sample, class)``, and what it was taken for.

    Raises:
        DataError: It holds other numbers, or not one 1.
    """
    if not np.isin(answers, (0, 1)).all() or not answers.any():
        raise DataError(
            f"{name} has shape {answers.shape} and is no table of 0 and 1; one class per image is wanted, shape "
            f"(sample,), or a 1 for each label an image has"
        )
    if (answers.sum(axis=1) == 1).all():
        return [
            str(place) for place in answers.argmax(axis=1)
        ], f"{name} is one-hot; the class is the place of its 1"
    cells = [",".join(str(place) for place in np.flatnonzero(row)) for row in answers]
    return (
        cells,
        f"{name} has several labels per image; they are the places of its 1s (heads.kind: multilabel)",
    )
