"""Image sequences: the frames of a clip are files."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.sources.base import CLIP
from pipeline.sources.config import TableKind
from pipeline.sources.config_media import FramesConfig
from pipeline.sources.payload.gather import Row, Schema, in_threads
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.pixels import SUFFIXES, picture_file
from pipeline.sources.places.listing import readable
from pipeline.sources.places.meaning import Place

CLIPS: Schema = {"origin": CLIP["target"], "group": CLIP["target"], "split": CLIP["target"], **CLIP}
"""Columns of the batches of clips."""

NUMBERS = re.compile(r"(\d+)")


class FramesSource(MediaSource):
    """Clips of frames in the order of the numbers in their names.

    Where ``clip_length`` cuts a recording into clips and nothing names a group, the recording is the group: clips that
    follow one another show nearly the same.
    """

    kind: TableKind = "clips"
    suffixes = SUFFIXES
    what = "images"
    columns = CLIPS
    payload = "image"
    config: FramesConfig

    def __init__(self, config: FramesConfig, project: Path, *, answers: bool = True) -> None:
        self._pattern = re.compile(config.clip_pattern) if config.clip_pattern else None
        self._clips: dict[str, list[str]] = {}
        super().__init__(config, project, answers=answers)

    def labelled_names(self) -> list[str]:
        """Return the names of the clips, each with its frames put in order; a table of labels names clips."""
        named = [(self._clip(name), name) for name in self.listing.names]
        left = [name for clip, name in named if clip is None]
        if len(left) == len(named):
            raise DataError(
                f"sources.clip_pattern={self.config.clip_pattern} finds nothing in any of {len(named)} paths, such as "
                f"{readable(left[0])}; correct the pattern (it is searched for below sources.path)"
            )
        if left:
            self.notes.append(
                f"{len(left):,} frames belong to no clip and were passed over, such as {readable(left[0])}"
            )
        for clip, name in named:
            if clip is not None:
                self._clips.setdefault(clip, []).append(name)
        self._clips = {
            clip: sorted(self._clips[clip], key=in_order) for clip in sorted(self._clips, key=in_order)
        }
        return list(self._clips)

    def labelled(self, frame: pl.DataFrame) -> pl.Series:
        """Return the recordings that clips were cut from."""
        cut = self.config.clip_length is not None
        return frame["clip"].str.replace(r":\d+$", "") if cut else frame["clip"]

    def rows(self) -> Iterator[Row]:
        """Yield the frames of clip after clip."""
        yield from in_threads(self._row, self._places())

    def rows_of(self, place: Place) -> list[Row]:
        """Return the row of a frame that is a clip of its own."""
        return [self._row((place, place.name, 0))]

    def _places(self) -> Iterator[tuple[Place, str, int]]:
        """Yield each frame with its clip and its place in it."""
        length = self.config.clip_length
        for recording, names in self._clips.items():
            for index, place in enumerate(self._known(recording, names)):
                if length is None:
                    yield place, recording, index
                else:
                    group = recording if place.group is None else place.group
                    yield place._replace(group=group), f"{recording}:{index // length}", index % length

    def _known(self, recording: str, names: list[str]) -> list[Place]:
        """Return the frames of a recording that have a class.

        Raises:
            DataError: They have several.
        """
        if self.meaning.labels:
            answer = next(self.meaning.places([recording]), None)
            return [answer._replace(name=name) for name in names] if answer else []
        places = list(self.meaning.places(names))
        classes = sorted({str(place.target) for place in places})
        if len(classes) > 1:
            raise DataError(
                f"the frames of the clip {recording} belong to several classes ({', '.join(classes[:5])}); tell "
                f"the clips apart with sources.clip_pattern"
            )
        return places

    def _row(self, frame: tuple[Place, str, int]) -> Row:
        place, clip, step = frame
        picture = picture_file(self.file(place), self.config.max_pixels, self.remark)
        return (place.origin, place.group, place.split, clip, step, *picture, place.target)

    def _clip(self, name: str) -> str | None:
        if self._pattern is None:
            return readable(name.rpartition("/")[0]) or "."
        found = self._pattern.search(readable(name))
        if found is None:
            return None
        return "/".join(filter(None, found.groups())) or found.group()


def in_order(name: str) -> tuple[list[tuple[str, int]], str]:
    """Return what ``name`` is sorted by: numbers as numbers, so that frame 2 comes before frame 10."""
    parts = NUMBERS.split(name)
    numbers = [int(part) for part in parts[1::2]] + [0]
    return list(zip(parts[0::2], numbers, strict=True)), name
