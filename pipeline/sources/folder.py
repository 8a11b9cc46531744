"""Images in one folder per class."""

import io
import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, UnidentifiedImageError

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.base import IMAGE, Source, SourceTable
from pipeline.sources.config import FolderConfig
from pipeline.sources.files import existing
from pipeline.sources.pixels import image_table

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
SPLIT_FOLDERS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip


class FolderSource(Source):
    """Every image below a class's folder; what cannot be decoded keeps its row, with the reason in ``defect``."""

    def __init__(self, config: FolderConfig, project: Path) -> None:
        self.config = config
        self.root = existing(project, config.path)

    def read(self) -> SourceTable:
        """Return one row per image file, sorted by path; files of other kinds are counted in the notes."""
        if not self.root.is_dir():
            raise DataError(f"sources.path={self.config.path} is a file; a folder of class folders is wanted")
        files, others = self._files()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(self._row, files))
        if not rows:
            raise DataError(
                f"sources.path={self.config.path} holds no images in class folders; wanted: CLASS/picture.png"
            )
        frame = pl.DataFrame(
            rows, schema={"group": pl.String, "split": pl.String, "origin": pl.String, **IMAGE}, orient="row"
        )
        notes = (f"{others} files that are no images were passed over",) if others else ()
        return image_table(frame, notes)

    def _files(self) -> tuple[list[Path], int]:
        files = [path for path in self.root.rglob("*") if path.is_file() and not path.name.startswith(".")]
        images = [path for path in files if path.suffix.lower() in SUFFIXES]
        placed = [path for path in images if len(self._parts(path)) > 1]
        if images and not placed:
            raise DataError(
                f"sources.path={self.config.path} holds {len(images)} images and no class folders; "
                f"put each image into a folder named after its class"
            )
        return sorted(placed), len(files) - len(placed)

    def _parts(self, path: Path) -> tuple[str, ...]:
        """Return the parts of the path from the class's folder on."""
        parts = path.relative_to(self.root).parts
        return parts[1:] if self._split(path) else parts

    def _split(self, path: Path) -> str | None:
        parts = path.relative_to(self.root).parts
        return SPLIT_FOLDERS.get(parts[0].lower()) if len(parts) > 2 else None

    def _row(self, path: Path) -> tuple[object, ...]:
        origin = path.relative_to(self.root).as_posix()
        target = self._parts(path)[0]
        height, width, bands, encoding, content, defect = examined(path, self.config.max_pixels)
        return (
            self._group(origin), self._split(path), origin,
            height, width, bands, encoding, content, defect, target,
        )  # fmt: skip

    def _group(self, origin: str) -> str | None:
        pattern = self.config.group_pattern
        if pattern is None:
            return None
        try:
            found = re.search(pattern, origin)
            return found.group(1) if found else None
        except (re.error, IndexError) as error:
            raise ConfigError(
                f"sources.group_pattern={pattern} needs one pair of parentheses around the group's name: {error}"
            ) from None


def examined(
    path: Path, max_pixels: int
) -> tuple[int | None, int | None, int | None, str | None, bytes | None, str | None]:
    """Return height, width, bands, encoding, content and defect of an image file.

    The whole image is decoded once: a truncated file has a sound header.
    """
    try:
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                width, height = image.size
                if width * height > max_pixels:
                    return None, None, None, None, None, f"{width}x{height} pixels, more than {max_pixels}"
                image.load()
                if image.mode == "F" and not np.isfinite(np.asarray(image)).all():
                    return None, None, None, None, None, "has pixels that are no finite numbers"
                bands = 1 if image.mode in ("1", "L", "I", "F", "I;16", "LA") else 3
                return height, width, bands, (image.format or "unknown").lower(), content, None
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        return None, None, None, None, None, f"cannot be decoded: {str(error).splitlines()[0][:120]}"
