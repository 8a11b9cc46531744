"""Rows (or clips) that are samples: who they are, which part of the split they belong to, what is asked of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.buckets import Column
from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.answers import Answers, encode_answers, first_classes
from pipeline.preprocessing.config_base import PreprocessingBase
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.meta import SPLITS, Split
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.split.codes import Members, part_counts
from pipeline.preprocessing.split.divide import TRAIN, UNUSED, Codes, divide, split_table
from pipeline.preprocessing.split.units import Units
from pipeline.preprocessing.static import NONE, Static, read_static

Ints = NDArray[np.int64]
KEYS = ("sample_id", "group", "time", "split", "origin", "target")


@dataclass(frozen=True)
class SampleRows:
    """Samples, divided; every array has one entry per sample, in the order of the table."""

    keys: pl.DataFrame
    codes: Codes
    answers: Answers
    split: pl.DataFrame
    """The split for a person."""

    question: Question
    static: Static = NONE

    def with_static(self, static: Static) -> "SampleRows":
        """Return the samples with what is known of each as a whole."""
        return replace(self, static=static)

    @property
    def train(self) -> NDArray[np.bool_]:
        """Which samples train."""
        return np.equal(self.codes, TRAIN)

    @property
    def used(self) -> NDArray[np.bool_]:
        """Which samples are in any part."""
        return np.not_equal(self.codes, UNUSED)

    def meta(self) -> dict[str, Any]:
        """Return the fields of ``StreamMeta`` that follow from the samples alone."""
        return meta_of(self.question, self.answers, self.static, self.codes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the targets."""
        return self.answers.notes

    def joined(self, table: Path, config: PreprocessingBase) -> "SampleRows":
        """Return the samples, each a row of ``table``, with what is known of each as a whole.

        Raises:
            ConfigError: The table lacks a column.
            DataError: Cells are empty and may not be, or a column has no value in training.
        """
        static = read_static(table, config, self.keys["sample_id"], train=self.train)
        return replace(self, static=static)

    def send_in_line(self, outlet: Outlet, lengths: Column | int) -> None:
        """Append all samples to the outlet, each to its part; in the stream used ones follow one another.

        Args:
            outlet: Where they go.
            lengths: Steps of each, 0 where it is in no part; or of all.
        """
        if isinstance(lengths, int):
            self.send(outlet, (np.cumsum(self.used) - 1) * lengths)
        else:
            sizes = lengths[:]
            self.send(outlet, np.cumsum(sizes) - sizes, sizes)

    def send(self, outlet: Outlet, starts: Ints, lengths: Ints | None = None) -> None:
        """Append all samples to the outlet, each to its part.

        Args:
            outlet: Where they go.
            starts: First step of each in the stream, shape ``(sample,)``; of unused samples it does not matter.
            lengths: Steps of each; None: all alike.
        """
        self.static.save(outlet.folder)
        static = self.static.values
        for code, name in enumerate(SPLITS):
            members = np.flatnonzero(self.codes == code)
            split: Split = name
            for some in (
                members[first : first + ROW_GROUP] for first in range(0, max(len(members), 1), ROW_GROUP)
            ):
                outlet.add_samples(
                    split,
                    Samples(
                        starts[some],
                        self.keys[some],
                        None if lengths is None else lengths[some],
                        self.answers.values[some],
                        None if static is None else static[some],
                    ),
                )


def meta_of(question: Question, answers: Answers, static: Static, codes: Codes) -> dict[str, Any]:
    """Return the fields of ``StreamMeta`` that follow from the samples alone."""
    return {
        "head": question.head,
        "target_name": question.name,
        "classes": answers.classes,
        "class_counts": answers.class_counts,
        "merged": answers.merging.names,
        "merged_into": answers.merging.into,
        "target_offset": answers.target_offset,
        "target_scale": answers.target_scale,
        "static": static.names,
        "counts": part_counts(codes),
    }


def require_targets(table: Path) -> None:
    """Check that the samples have targets.

    Raises:
        DataError: They have none.
    """
    if "target" not in pq.read_schema(table).names:
        raise DataError("the samples have no target; name the column with sources.target")


def refuse_forecast(question: Question) -> None:
    """Check that no forecast is asked of samples that are no series.

    Raises:
        ConfigError: One is.
    """
    if question.head == "forecast":
        raise ConfigError(
            "heads.kind=forecast needs a series (preprocessing.kind=windows); "
            "these samples have no later steps: choose another head"
        )


def read_keys(table: Path) -> pl.DataFrame:
    """Return what identifies each row, without its payload.

    Raises:
        DataError: The table has no target.
    """
    require_targets(table)
    keys = pl.concat(list(batches(table, list(KEYS), ROW_GROUP)))
    bare = [name for name in ("group", "time", "split") if keys[name].null_count() == keys.height]
    # A column without a value takes no memory this way.
    return keys.with_columns(pl.col("target").cast(pl.String), pl.col(bare).cast(pl.Null))


def batches(table: Path, columns: list[str], rows: int) -> Iterator[pl.DataFrame]:
    """Yield some columns of a Parquet file, at most ``rows`` rows at a time."""
    with pq.ParquetFile(table, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            yield pl.DataFrame(pl.from_arrow(batch))


def chosen_batches(
    table: Path, columns: list[str], rows: int, chosen: NDArray[np.bool_] | Members
) -> Iterator[pl.DataFrame]:
    """Yield some columns of the chosen rows of a Parquet file; ``chosen`` has one entry per row."""
    first = 0
    for frame in batches(table, columns, rows):
        yield frame.filter(pl.Series(chosen[first : first + frame.height]))
        first += frame.height


def divided(
    keys: pl.DataFrame,
    config: SplitConfig,
    question: Question,
    *,
    seed: int,
    twins: Callable[[], Ints | None],
) -> SampleRows:
    """Divide samples and encode what is asked of them.

    Args:
        keys: The columns of ``KEYS``, one row per sample.
        config: How to divide.
        question: What the head asks.
        seed: Decides where chance does.
        twins: Finds near-duplicates; called only where the split obeys them.

    Raises:
        ConfigError: A forecast is asked of samples that are no series.
        DataError: The split or the targets ask for what the data do not have.
    """
    refuse_forecast(question)
    found = twins() if looks_for_twins(config) else None
    units = _units(keys, config, question, found)
    codes = divide(units, config, seed=seed)
    answers = encode_answers(keys["target"], question, codes, origins=keys["origin"])
    return SampleRows(keys, codes, answers, split_table(units, codes), question)


def looks_for_twins(config: SplitConfig) -> bool:
    """Return whether the split obeys near-duplicates; looking for them costs time."""
    return config.duplicates != "ignore" and config.kind != "random"


def _units(keys: pl.DataFrame, config: SplitConfig, question: Question, twins: Ints | None) -> Units:
    return Units(
        count=keys.height,
        classes=first_classes(keys["target"], question),
        groups=_ranks(keys["group"]),
        moments=_moments(keys, config),
        given=tuple(keys["split"]) if keys["split"].null_count() < keys.height else None,
        twins=twins,
        names=keys.select("sample_id", "group", "origin"),
    )


def _ranks(values: pl.Series) -> Ints | None:
    """Return the place of each value among all, from 0, -1 for null; None where all are null."""
    if values.null_count() == len(values):
        return None
    ranks: Ints = values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return ranks


def _moments(keys: pl.DataFrame, config: SplitConfig) -> Ints | None:
    missing = keys["time"].null_count()
    if missing:
        require_times(
            missing,
            keys.height,
            config,
            first=lambda: keys["origin"][int(keys["time"].is_null().arg_max() or 0)],
        )
    return None if missing else _ranks(keys["time"])


def require_times(missing: int, count: int, config: SplitConfig, *, first: Callable[[], str]) -> None:
    """Check that a split by time does not meet samples of which only some have a time.

    Args:
        missing: Samples without a time.
        count: Of how many.
        config: How to divide.
        first: Says where the first of them came from.

    Raises:
        DataError: It does.
    """
    if missing < count and config.by_time:
        setting = "folds_of=time" if config.kind == "folds" else f"kind={config.kind}"
        raise DataError(
            f"preprocessing.split.{setting}, and {missing:,} samples have no time, such as {first()}; mend "
            f"them, or let validate set them aside with a rule in the quality suite"
        )
