"""Samples divided without being held: masks by stretches, and the way of all of them into the outlet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipeline.foundation.buckets import Column
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.config_base import PreprocessingBase
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.many.answers import Encoder, fit_answers
from pipeline.preprocessing.many.bundles import Twins
from pipeline.preprocessing.many.census import Census, take_census
from pipeline.preprocessing.many.divide import can_divide, divide_many
from pipeline.preprocessing.meta import SPLITS, Split
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import (
    SampleRows,
    batches,
    divided,
    meta_of,
    read_keys,
    refuse_forecast,
    require_targets,
)
from pipeline.preprocessing.split.codes import TRAIN, UNUSED, Codes, Members
from pipeline.preprocessing.split.tables import LEFT_OUT
from pipeline.preprocessing.static import NONE, Static, StaticFit, StaticNames
from pipeline.preprocessing.table.columns import Columns

MOST_HELD = 1_000_000
"""More samples than this are not held, but divided and written piece by piece."""

LISTED = 100_000
"""So many of them, evenly spaced, stand in the split for a person."""


@dataclass(frozen=True)
class ManyRows:
    """Samples, divided; what :class:`SampleRows` says of few."""

    table: Path
    codes: Codes
    encoder: Encoder
    question: Question
    static: Static = NONE
    columns: Columns | None = None
    """What turns the static columns into numbers."""

    @property
    def train(self) -> Members:
        """Which samples train."""
        return Members(self.codes, TRAIN)

    @property
    def used(self) -> Members:
        """Which samples are in any part."""
        return Members(self.codes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the targets, and of the split."""
        shown = f"split.csv lists {LISTED:,} of {len(self.codes):,} samples, evenly spaced"
        listed = (f"{shown}; samples.parquet has them all",) if len(self.codes) > LISTED else ()
        return (*self.encoder.about.notes, *listed)

    @property
    def split(self) -> pl.DataFrame:
        """The split for a person, of some samples."""
        places = np.unique(np.linspace(0, len(self.codes) - 1, LISTED).astype(np.int64))
        found, first = [], 0
        for frame in batches(self.table, ["sample_id", "group", "origin"], ROW_GROUP):
            here = places[np.searchsorted(places, first) : np.searchsorted(places, first + frame.height)]
            # Arrow copies what is taken; Polars would keep the text of all other rows alive beside it.
            found.append(pl.DataFrame(frame[here - first].to_arrow(compat_level=pl.CompatLevel.oldest())))
            first += frame.height
        codes = self.codes[places]
        names = pl.Series("split", [*SPLITS, LEFT_OUT]).gather(
            np.where(codes < 0, len(SPLITS), codes).astype(np.uint32)
        )
        return pl.concat(found).with_columns(names)

    def meta(self) -> dict[str, Any]:
        """Return the fields of ``StreamMeta`` that follow from the samples alone."""
        return meta_of(self.question, self.encoder.about, self.static, self.codes)

    def joined(self, table: Path, config: PreprocessingBase) -> "ManyRows":
        """Return the samples, each a row of ``table``, with what is known of each as a whole.

        Raises:
            ConfigError: The table lacks a column.
            DataError: Cells are empty and may not be, or a column has no value in training.
        """
        names = StaticNames.of(table, config)
        if not names.all:
            return self
        fit, first = StaticFit(names, config), 0
        for frame in batches(table, list(names.all), ROW_GROUP):
            fit.add(frame, self.train[first : first + frame.height])
            first += frame.height
        columns = fit.columns()
        return replace(self, columns=columns, static=Static(columns.names, None, columns.as_json()))

    def send_in_line(self, outlet: Outlet, lengths: Column | int) -> None:
        """Append all samples to the outlet, each to its part; in the stream used ones follow one another.

        Args:
            outlet: Where they go.
            lengths: Steps of each, 0 where it is in no part; or of all.
        """
        self.static.save(outlet.folder)
        for code, name in enumerate(SPLITS):
            split: Split = name
            for samples in self._samples(code, lengths):
                outlet.add_samples(split, samples)

    def _samples(self, code: int, lengths: Column | int) -> Iterator[Samples]:
        static = (
            []
            if self.columns is None
            else [*self.columns.channels, *(c.name for c in self.columns.categories)]
        )
        first, start = 0, 0
        for frame in batches(self.table, ["sample_id", "group", "time", "target", *static], ROW_GROUP):
            codes = self.codes[first : first + frame.height]
            if isinstance(lengths, int):
                sizes = np.where(codes != UNUSED, lengths, 0).astype(np.int64)
            else:
                sizes = lengths[first : first + frame.height]
            starts = start + np.cumsum(sizes) - sizes
            here = np.flatnonzero(codes == code)
            own = frame[here]
            yield Samples(
                starts[here],
                own,
                None if isinstance(lengths, int) else sizes[here],
                self.encoder.encode(own["target"]),
                None if self.columns is None else self.columns.encode(own.select(static)),
            )
            first, start = first + frame.height, start + int(sizes.sum())


def divided_rows(
    table: Path, config: SplitConfig, question: Question, *, seed: int, twins: Twins, scratch: Path, most: int
) -> SampleRows | ManyRows:
    """Divide the rows of a table, and encode what is asked of them.

    Args:
        table: Rows as validate let them pass.
        config: How to divide.
        question: What the head asks.
        seed: Decides where chance does.
        twins: Knows which samples are (nearly) the same; asked only where the split obeys it.
        scratch: Folder for files that grow with the samples.
        most: Samples that are held; where groups decide the split and some have none, all are.

    Raises:
        ConfigError: A forecast is asked of samples that are no series.
        DataError: The split or the targets ask for what the data do not have.
    """
    require_targets(table)
    refuse_forecast(question)
    if pq.read_metadata(table).num_rows > most:
        census = take_census(table, question, scratch=scratch)
        if can_divide(census, config):
            codes = divide_many(census, twins, config, seed=seed, scratch=scratch)
            return ManyRows(table, codes, _encoder(census, codes, question), question)
    return divided(read_keys(table), config, question, seed=seed, twins=twins.find)


def _encoder(census: Census, codes: Codes, question: Question) -> Encoder:
    def pieces() -> Iterator[pl.DataFrame]:
        first = 0
        for frame in batches(census.table, ["target", "origin"], ROW_GROUP):
            part = pl.Series("code", codes[first : first + frame.height])
            yield frame.with_columns(pl.col("target").cast(pl.String), part)
            first += frame.height

    return fit_answers(pieces, question)
