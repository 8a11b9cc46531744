"""From clean rows of a table to a stream of scaled columns."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import first_equal
from pipeline.foundation.errors import DataError
from pipeline.foundation.files import write_json
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.config_rows import TableConfig
from pipeline.preprocessing.many.rows import MOST_HELD, ManyRows, divided_rows
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import KEYS, SampleRows, batches, chosen_batches
from pipeline.preprocessing.static import StaticNames
from pipeline.preprocessing.table.columns import ColumnFit, Columns

Ints = NDArray[np.int64]
TOO_ALIKE = 0.5
"""Share of rows that equal another from which on equality says nothing: so few values repeat by chance."""


def prepare_tables(
    table: Path, config: TableConfig, question: Question, out: Path, *, seed: int, most: int = MOST_HELD
) -> Prepared:
    """Divide, scale and index rows; scaling, means and categories are those of the training rows.

    Args:
        table: Rows as validate let them pass.
        config: Steps, missing cells, categories, split.
        question: What the head asks.
        out: Folder for the files.
        seed: Decides where chance does.
        most: Samples that are held; more are divided and written piece by piece.

    Raises:
        ConfigError: A head that does not fit.
        DataError: Cells are empty and may not be, or the split or the targets ask for what the data do not have.
    """
    static = StaticNames.of(table, config).all
    channels, categories = column_names(table, left_out=static)
    if not channels and not categories:
        raise DataError("the table has neither numbers nor words besides the target; check sources.channels")
    twins = _Twins(table, [*channels, *categories, *static])
    with TemporaryDirectory(dir=out) as folder:
        rows = divided_rows(
            table, config.split, question, seed=seed, twins=twins, scratch=Path(folder), most=most
        )
    holes = _holes(table, rows, [*channels, *categories])
    _refuse_holes(holes, config)
    fit = ColumnFit(channels, categories)
    for part in chosen_batches(table, [*channels, *categories], ROW_GROUP, rows.train):
        fit.add(part)
    columns = fit.columns(scale=config.scale, missing=config.missing, most_categories=config.most_categories)
    rows = rows.joined(table, config)
    width = len(columns.names)
    steps, frame = (width, (1,)) if config.steps == "columns" else (1, (width,))
    with Outlet(out, np.float32, frame) as outlet:
        unseen = _write(table, rows, columns, outlet)
        rows.send_in_line(outlet, steps)
        write_json(columns.as_json(), out / "fitted.json")
        meta = StreamMeta(kind="table", window=steps, frame=frame, **_named(columns, config), **rows.meta())
        notes = (
            *rows.notes,
            *twins.notes,
            *_hole_notes(holes, columns, config),
            *_unseen_notes(unseen),
        )
        prepared = Prepared(meta, notes, rows.split)
        outlet.close(prepared)
    return prepared


def column_names(table: Path, *, left_out: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of channels (numbers) and of categories (words), in the order of the table."""
    schema = pl.read_parquet_schema(table)
    free = {name: kind for name, kind in schema.items() if name not in (*KEYS, "text", *left_out)}
    numeric = tuple(name for name, kind in free.items() if kind.is_numeric())
    return numeric, tuple(name for name, kind in free.items() if kind == pl.String)


class _Twins:
    """Rows that equal another in every column but the target."""

    most_alike = TOO_ALIKE

    def __init__(self, table: Path, columns: list[str]) -> None:
        self.table, self.columns = table, columns
        self.notes: tuple[str, ...] = ()

    def hashes(self) -> Iterator[NDArray[np.uint64]]:
        for part in batches(self.table, self.columns, ROW_GROUP):
            yield part.hash_rows(seed=0).to_numpy()

    def aliases(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        return np.empty(0, np.uint64), np.empty(0, np.uint64)

    def find(self) -> Ints | None:
        firsts = first_equal(np.concatenate(list(self.hashes())))
        counts = np.bincount(firsts, minlength=len(firsts))
        alike = float((counts[firsts] > 1).mean())
        if alike <= TOO_ALIKE:
            return firsts
        self.ignore(alike)
        return None

    def ignore(self, alike: float) -> None:
        self.notes = (
            f"{alike:.0%} of the rows equal another one: with so few different values that is no sign of copies, and "
            f"equal rows were not kept together",
        )


def _holes(table: Path, rows: SampleRows | ManyRows, columns: list[str]) -> dict[str, int]:
    """Return how many cells of the samples are empty, per column that has any.

    Raises:
        DataError: A cell is infinite.
    """
    counts = dict.fromkeys(columns, 0)
    for part in chosen_batches(table, columns, ROW_GROUP, rows.used):
        for name in columns:
            values = part[name]
            if values.dtype.is_float():
                if values.is_infinite().any():
                    raise DataError(
                        f"the column {name} holds infinity; let validate set such rows aside with a rule in the "
                        f"quality suite"
                    )
                values = values.fill_nan(None)
            counts[name] += values.null_count()
    return {name: count for name, count in counts.items() if count}


def _refuse_holes(holes: dict[str, int], config: TableConfig) -> None:
    if holes and config.missing == "refuse":
        told = ", ".join(f"{name} {count:,}" for name, count in list(holes.items())[:8])
        raise DataError(
            f"{len(holes)} columns have cells without a value ({told}), and preprocessing.missing=refuse; set it to "
            f"`mean` (of the training rows) or `mask` (that, and a column that says so), or mend the source"
        )


def _write(table: Path, rows: SampleRows | ManyRows, columns: Columns, outlet: Outlet) -> dict[str, int]:
    """Write the samples; return how many cells hold a category that training never had, per column that has any."""
    names = [*columns.channels, *(each.name for each in columns.categories)]
    unseen = dict.fromkeys((each.name for each in columns.categories), 0)
    for part in chosen_batches(table, names, ROW_GROUP, rows.used):
        outlet.add_rows(columns.encode(part).reshape(-1, *outlet.stream.frame))
        for each in columns.categories:
            unseen[each.name] += part.height - int(each.encode(part[each.name]).sum())
    return {name: count for name, count in unseen.items() if count}


def _named(columns: Columns, config: TableConfig) -> dict[str, Any]:
    """Return what the meta says about the entries of a step."""
    if config.steps == "columns":
        return {"channels": ("value",), "offset": (0.0,), "scale": (1.0,)}
    plain = len(columns.names) - len(columns.channels)
    return {
        "channels": columns.names,
        "offset": (*columns.scaler.offset.tolist(), *[0.0] * plain),
        "scale": (*columns.scaler.scale.tolist(), *[1.0] * plain),
    }


def _hole_notes(holes: dict[str, int], columns: Columns, config: TableConfig) -> tuple[str, ...]:
    total = sum(count for name, count in holes.items() if name in columns.channels)
    marked = ", and a column says where" if config.missing == "mask" else ""
    return (f"{total:,} cells without a value got the mean of the training rows{marked}",) if total else ()


def _unseen_notes(unseen: dict[str, int]) -> tuple[str, ...]:
    told = ", ".join(f"{name} {count:,}" for name, count in list(unseen.items())[:5])
    return (f"categories that training never had are read as none of the known: {told}",) if unseen else ()
