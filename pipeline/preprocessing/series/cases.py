"""Each group of a series as one sample: who it is, what is asked of it, and which part of the split it belongs to."""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.leakage.twins import series_twins
from pipeline.preprocessing.answers import encode_answers, first_classes
from pipeline.preprocessing.config import WholeConfig
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import SampleRows, looks_for_twins
from pipeline.preprocessing.series.pieces import Ints, SeriesTable, read_pieces
from pipeline.preprocessing.split.divide import divide, split_table
from pipeline.preprocessing.split.units import Units

ROWS = 100_000
_FIRST = ("sample_id", "group", "time", "origin")
_EQUAL = ("split", "target")


def read_cases(table: SeriesTable) -> pl.DataFrame:
    """Return one row per group, in the order of the table: the fixed columns of its first row, and ``rows``.

    Raises:
        ConfigError: The rows have no groups, or no target.
        DataError: Some rows have no group, a group does not stand together, or its target or split changes.
    """
    if not table.target:
        raise ConfigError(
            "preprocessing.kind=whole needs sources.target, and the table has no target; for forecasts use windows"
        )
    first = [pl.col(name).first() for name in _FIRST]
    ends = [end for name in _EQUAL for end in (pl.col(f"{name}_low").min(), pl.col(f"{name}_high").max())]
    cases = pl.concat(_runs(table)).group_by(pl.col("group").rle_id().alias("run"), maintain_order=True)
    found = cases.agg(*first, *ends, pl.col("rows").sum()).drop("run")
    _require_groups(found, table)
    for name in _EQUAL:
        _refuse_changing(found, name)
    return found.rename({f"{name}_low": name for name in _EQUAL}).drop([f"{name}_high" for name in _EQUAL])


def _runs(table: SeriesTable) -> list[pl.DataFrame]:
    """Return what is said of each group in each stretch of the table."""
    ends = [
        end
        for name in _EQUAL
        for end in (pl.col(name).min().alias(f"{name}_low"), pl.col(name).max().alias(f"{name}_high"))
    ]
    parts = []
    with pq.ParquetFile(table.path, pre_buffer=False) as file:
        for batch in file.iter_batches(ROWS, columns=[*_FIRST, *_EQUAL]):
            frame = pl.DataFrame(pa.Table.from_batches([batch]))
            runs = frame.group_by(pl.col("group").rle_id().alias("run"), maintain_order=True)
            parts.append(
                runs.agg(*[pl.col(name).first() for name in _FIRST], *ends, rows=pl.len()).drop("run")
            )
    return parts


def _require_groups(cases: pl.DataFrame, table: SeriesTable) -> None:
    lone = cases.filter(pl.col("group").is_null())
    if cases.height == 1 and lone.height:
        raise ConfigError(
            "preprocessing.kind=whole makes a sample of each group, and the rows have none; name sources.group"
        )
    if lone.height:
        raise DataError(
            f"{int(lone['rows'].sum()):,} rows have no group, such as {lone['origin'][0]}, and belong to no sample; "
            f"mend them, or let validate set them aside with a rule in the quality suite"
        )
    twice = cases.filter(pl.col("group").is_duplicated())
    if twice.height:
        raise DataError(
            f"the rows of the group {twice['group'][0]!r} do not stand together; run ingest again, which puts them "
            f"in order"
        )


def _refuse_changing(cases: pl.DataFrame, name: str) -> None:
    changing = cases.filter(pl.col(f"{name}_low") != pl.col(f"{name}_high"))
    if changing.height:
        group, low, high = (
            changing.row(0, named=True)["group"],
            changing[f"{name}_low"][0],
            changing[f"{name}_high"][0],
        )
        raise DataError(
            f"the {name} changes inside {changing.height:,} groups, such as {group!r}, which has {low!r} and {high!r}; "
            f"with preprocessing.kind=whole a group is one sample: check sources.group, or use "
            f"preprocessing.kind=windows"
        )


def divide_cases(
    cases: pl.DataFrame,
    table: SeriesTable,
    config: WholeConfig,
    question: Question,
    *,
    scratch: Path,
    seed: int,
) -> SampleRows:
    """Divide cases, and encode what is asked of them.

    A case is never torn apart, so a split by group and one that leaves one group out take each case as a group.

    Args:
        cases: As :func:`read_cases` gives them.
        table: Where their rows are, to find those that are nearly the same.
        config: How to divide; how many rows of a case are kept.
        question: What the head asks.
        scratch: On whose disk a file without a name may grow.
        seed: Decides where chance does.

    Raises:
        DataError: The split or the targets ask for what the data do not have.
    """
    kind = config.split.kind
    units = Units(
        count=cases.height,
        classes=first_classes(cases["target"], question),
        groups=np.arange(cases.height) if kind in ("group", "leave_one_out") else None,
        moments=_ranks(cases["time"]) if config.split.by_time and table.timed else None,
        given=tuple(cases["split"]) if cases["split"].null_count() < cases.height else None,
        twins=_twins(table, cases, config, scratch) if looks_for_twins(config.split) else None,
        names=cases.select("sample_id", "group", "origin"),
    )
    codes = divide(units, config.split, seed=seed)
    answers = encode_answers(cases["target"], question, codes, origins=cases["group"])
    return SampleRows(cases, codes, answers, split_table(units, codes), question)


def _ranks(times: pl.Series) -> Ints:
    return times.rank("dense").cast(pl.Int64).to_numpy() - 1


def _twins(table: SeriesTable, cases: pl.DataFrame, config: WholeConfig, scratch: Path) -> Ints:
    """Return the cluster of near-duplicates of each case, by its last ``longest`` rows as they were measured."""
    sizes = cases["rows"].to_numpy().astype(np.int64)
    ends = np.cumsum(sizes)
    kept = np.minimum(sizes, config.longest)
    with tempfile.TemporaryFile(dir=scratch) as file:
        first = 0
        for piece in read_pieces(table, table.block):
            rows = first + np.arange(len(piece))
            case = np.searchsorted(ends, rows, side="right")
            file.write(piece.values[ends[case] - rows <= config.longest].astype(np.float32).tobytes())
            first += len(piece)
        file.flush()
        shape = (int(kept.sum()), len(table.channels))
        values = np.memmap(file, np.float32, mode="r", shape=shape)
        return series_twins(np.split(values, np.cumsum(kept)[:-1]), config.split.similarity)
