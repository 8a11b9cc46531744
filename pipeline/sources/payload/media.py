"""What all sources of files have in common: one file after the other, read in threads, in bounded memory."""

import warnings
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import ClassVar

import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import DataError
from pipeline.sources.base import FIXED, Source
from pipeline.sources.config_media import MediaFiles
from pipeline.sources.payload.gather import THREADS, Row, Schema, gathered, in_threads
from pipeline.sources.places.labels import read_labels
from pipeline.sources.places.listing import listed
from pipeline.sources.places.meaning import Folders, Meaning, Place


class MediaSource(Source):
    """Files below a path, each with a class; what cannot be decoded keeps its row, with the reason in ``defect``."""

    suffixes: ClassVar[tuple[str, ...]]
    what: ClassVar[str]
    """What a file holds, for sentences."""

    columns: ClassVar[Schema]
    payload: ClassVar[str]
    threads: ClassVar[int] = THREADS
    each: ClassVar[int] = 8
    """Files that a thread takes at a time."""

    config: MediaFiles

    def __init__(self, config: MediaFiles, project: Path, *, answers: bool = True) -> None:
        """List the files.

        Args:
            config: Which files, and what their paths say.
            project: What paths are relative to.
            answers: Whether each file has to have a class; those to predict need none.
        """
        super().__init__()
        self.config = config
        self.listing = listed(project, config.path, self.suffixes)
        self._remarks: Counter[str] = Counter()
        self._lock = Lock()
        labels = read_labels(project, config, self.labelled_names(), self.suffixes)
        named = (*config.label_channels, *config.label_categories)
        clash = [name for name in named if name in (*FIXED, *self.columns) or named.count(name) > 1]
        if clash:
            raise DataError(
                f"sources.label_channels and label_categories: {clash[0]!r} is a name this pipeline uses itself, or "
                f"named twice; rename that column of the table"
            )
        self.channels, self.categories = config.label_channels, config.label_categories
        folders: Folders = "wanted" if answers else "allowed"
        self.meaning = Meaning(config, labels=labels, folders=folders, answers=answers)
        self.meaning.require(self.listing.names)

    def labelled_names(self) -> list[str]:
        """Return what the rows of a table of labels name."""
        return self.listing.names

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the files in the order of their paths; what did not fit is counted in the notes."""
        several = False
        for batch in self._frames():
            several = True
            yield batch
        if not several:
            raise DataError(f"sources.path={shown(self.config.path)} holds no {self.what} with a class")
        if self.listing.others:
            self.notes.append(f"{self.listing.others:,} files that are no {self.what} were passed over")
        self.notes += self.meaning.notes()
        self.notes += [f"{count:,} {sentence}" for sentence, count in sorted(self._remarks.items())]

    def _frames(self) -> Iterator[pl.DataFrame]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for frame in gathered(self.rows(), self.columns, self.payload):
                yield self._with_facts(frame)

    def _with_facts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Put what the table of labels says of each file before the class, where it is asked."""
        facts = self.meaning.labels.facts if self.meaning.labels else None
        if facts is None:
            return frame
        return frame.select(pl.exclude("target"), *facts.of(self.labelled(frame)), pl.col("target"))

    def labelled(self, frame: pl.DataFrame) -> pl.Series:
        """Return what the rows of a table of labels are found by: the file, or the clip."""
        return frame["clip" if "clip" in frame.columns else "origin"]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all files."""
        for rows in in_threads(
            self.rows_of, self.meaning.places(self.listing.names), threads=self.threads, each=self.each
        ):
            yield from rows

    @abstractmethod
    def rows_of(self, place: Place) -> list[Row]:
        """Return the rows of one file, in the order of ``columns``; called in threads."""

    def remark(self, sentence: str) -> None:
        """Count a file of which ``sentence`` ("recordings were cut off …") is true; from any thread."""
        with self._lock:
            self._remarks[sentence] += 1

    def file(self, place: Place) -> Path:
        """Return where a file lies."""
        return self.listing.root / place.name
