"""Images, one file each."""

from pathlib import Path

from pipeline.sources.config import TableKind
from pipeline.sources.config_media import FolderConfig
from pipeline.sources.payload.gather import Row
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.pixels import IMAGES, SUFFIXES, picture_file
from pipeline.sources.places.meaning import Place


class FolderSource(MediaSource):
    """Every image below a path; the class is its folder, stands in its path, or in a table."""

    kind: TableKind = "images"
    suffixes = SUFFIXES
    what = "images"
    columns = IMAGES
    payload = "image"
    config: FolderConfig

    def __init__(self, config: FolderConfig, project: Path, *, answers: bool = True) -> None:
        super().__init__(config, project, answers=answers)

    def rows_of(self, place: Place) -> list[Row]:
        """Return the row of one image."""
        picture = picture_file(self.file(place), self.config.max_pixels, self.remark)
        return [(place.origin, place.group, place.split, *picture, place.target)]
