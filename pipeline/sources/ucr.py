"""Series of the UCR/UEA archive: each case is a group, all of whose rows have its class."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from pipeline.foundation.addresses import shown
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.sources.base import Source
from pipeline.sources.config import TableKind, UcrConfig
from pipeline.sources.places.listing import listed, readable
from pipeline.sources.places.meaning import SPLITS, Meaning
from pipeline.sources.signals.ucr_files import Case, cases

SUFFIXES = (".ts", ".tsv", ".arff")
"""In the order in which one of several forms of a file is taken."""

PART = re.compile(r"_(train|test|val)$", re.IGNORECASE)
MOST_ROWS = 100_000


@dataclass
class Waiting:
    """Cases that are to become rows together."""

    keys: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    """Origin, group, split, target."""

    values: list[list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = field(default_factory=list)
    """Per case its channels, all of one length."""

    rows: int = 0


class UcrSource(Source):
    """Cases of ``.ts``, ``.tsv`` and ``.arff`` files, one group each (``GunPoint_TRAIN:17``), in the order of steps."""

    kind: TableKind = "series"

    def __init__(self, config: UcrConfig, project: Path) -> None:
        super().__init__()
        if config.group_pattern is not None:
            raise ConfigError("sources.group_pattern does not go with sources.kind=ucr: each case is a group")
        self.config = config
        listing = listed(project, config.path, SUFFIXES)
        self.root = listing.root
        self.names = self._one_form_each(listing.names)
        self.meaning = Meaning(config, folders="ignored")
        self.meaning.require(self.names)
        self._shorter = 0

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of case after case, all cases of a batch whole."""
        waiting, several = Waiting(), False
        for name in self.names:
            for index, case in enumerate(self._cases(name), 1):
                several = True
                self._add(waiting, case, name, index)
                if waiting.rows >= MOST_ROWS:
                    yield self._frame(waiting)
                    waiting = Waiting()
        if not several:
            raise DataError(f"sources.path={shown(self.config.path)} holds not one case after @data")
        if waiting.rows:
            yield self._frame(waiting)
        if self._shorter:
            self.notes.append(
                f"{self._shorter:,} cases have channels of several lengths; their ends are null"
            )
        self.notes += self.meaning.notes()

    def _cases(self, name: str) -> Iterator[Case]:
        path = self.root / name
        for case in cases(path):
            if not self.channels:
                self.channels = tuple(f"dim_{place}" for place in range(len(case.channels)))
                self._labelled = case.target is not None or self.meaning.has_target
            if len(case.channels) != len(self.channels):
                raise DataError(
                    f"{readable(name)}:{case.line} has {len(case.channels)} channels, and the cases before "
                    f"{len(self.channels)}; read one data set at a time"
                )
            yield case

    def _add(self, waiting: Waiting, case: Case, name: str, index: int) -> None:
        longest = max(len(channel) for channel in case.channels)
        if any(len(channel) != longest for channel in case.channels):
            self._shorter += 1
        channels = [
            np.pad(channel, (0, longest - len(channel)), constant_values=np.nan) for channel in case.channels
        ]
        stem = readable(name.rpartition(".")[0])
        target = self.meaning.target(name) if case.target is None else case.target
        key = (f"{readable(name)}:{case.line}", f"{stem}:{index}", self._split(name), target)
        waiting.keys.append(key)
        waiting.values.append(channels)
        waiting.rows += longest

    def _frame(self, waiting: Waiting) -> pl.DataFrame:
        lengths = [len(channels[0]) for channels in waiting.values]
        keys = pl.DataFrame(
            waiting.keys,
            schema=dict.fromkeys(("origin", "group", "split", "target"), pl.String),
            orient="row",
        )
        repeated = keys[np.repeat(np.arange(keys.height), lengths)]
        columns = [
            pl.Series(name, np.concatenate([channels[place] for channels in waiting.values])).fill_nan(None)
            for place, name in enumerate(self.channels)
        ]
        target = ["target"] if self._labelled else []
        return repeated.with_columns(columns).select("origin", "group", "split", *self.channels, *target)

    def _split(self, name: str) -> str | None:
        found = PART.search(PurePosixPath(name).stem) if self.config.split_pattern is None else None
        return SPLITS[found.group(1).lower()] if found else self.meaning.split(name)

    def _one_form_each(self, names: list[str]) -> list[str]:
        """Return the files, of several forms of one only the first: the archive holds each set as .ts and as others."""
        chosen: dict[str, str] = {}
        for name in names:
            stem, _, suffix = name.rpartition(".")
            best = chosen.setdefault(stem, name)
            if SUFFIXES.index(f".{suffix.lower()}") < SUFFIXES.index(f".{best.rpartition('.')[2].lower()}"):
                chosen[stem] = name
        left = len(names) - len(chosen)
        if left:
            self.notes.append(f"{left} files that hold the same cases in another form were passed over")
        return sorted(chosen.values())
