"""Stage ``ingest``: turn any source into one table with fixed columns."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.foundation.errors import DataError
from pipeline.foundation.paths import Paths
from pipeline.foundation.section import Report
from pipeline.foundation.sorting import is_sorted, key_of, sorted_pieces
from pipeline.foundation.table import TableWriter
from pipeline.foundation.words import plural
from pipeline.sources.base import REJECTED, Source, numbered
from pipeline.sources.build import build_source
from pipeline.sources.config import SourceConfig
from pipeline.sources.tally import MOST_TARGETS, Tally

log = logging.getLogger(__name__)

NOUNS = {
    "series": "row",
    "samples": "row",
    "text": "text",
    "images": "image",
    "clips": "frame",
    "sound": "recording",
}
ORDER = ["group", "time"]


class IngestReport(Report):
    """What was read."""

    kind: str
    rows: int
    channels: tuple[str, ...]
    categories: tuple[str, ...]
    groups: int
    step_seconds: float | None
    """Most frequent distance of two rows of a group; None without times."""

    targets: tuple[str, ...]
    """The different targets, the first 1,000: classes, combinations of labels, or numbers; the head says which."""

    rejected: int
    """Rows set aside because they cannot be read."""

    notes: tuple[str, ...]


def ingest(sources: SourceConfig, *, data: Paths) -> IngestReport:
    """Read the source and write ``table.parquet``, batch by batch; what cannot be read goes to ``rejected.parquet``.

    Raises:
        DataError: The data are missing, empty, or not what ``sources`` says they are.
    """
    source = build_source(sources, data.project)
    written = write_rows(source, data.out / "table.parquet", data.out / "rejected.parquet")
    for note in source.notes:
        log.info("%s", note)
    return _report(source, written.tally, rows=written.rows, rejected=written.rejected)


class Written(NamedTuple):
    """What became of the rows of a source."""

    tally: Tally
    rows: int
    rejected: int


def write_rows(
    source: Source, table: Path, aside: Path, *, change: Callable[[pl.DataFrame], pl.DataFrame] | None = None
) -> Written:
    """Write the rows of a source to ``table``, a series in order, and to ``aside`` what cannot be read.

    Args:
        source: What is read.
        table: Where the rows go.
        aside: Where the others go; there is no such file where there are none.
        change: What is done with each batch before it is numbered; None: nothing.

    Raises:
        DataError: As the source, or it holds no rows.
    """
    tally = Tally(ordered=source.kind == "series")
    with TableWriter(table, seen=tally.add) as writer, TableWriter(aside) as rejected:
        ordered = _write(source, writer, rejected, change or _as_it_is)
    if not ordered:
        tally = Tally(ordered=True)
        with_times = _put_in_order(table, tally)
        if with_times:
            source.notes.append("rows were not sorted by group and time, and have been put in order")
    return Written(tally, writer.rows, rejected.rows)


def _as_it_is(batch: pl.DataFrame) -> pl.DataFrame:
    return batch


def _write(
    source: Source,
    writer: TableWriter,
    rejected: TableWriter,
    change: Callable[[pl.DataFrame], pl.DataFrame],
) -> bool:
    """Write every batch as it comes; return whether a series came in order."""
    ordered, rows = True, 0
    last: pl.DataFrame | None = None
    for batch in source.batches():
        frame = numbered(change(batch), rows)
        rows += frame.height
        writer.add(frame)
        _set_aside(source, rejected)
        if source.kind == "series" and ordered and frame.height:
            keys = frame.select(ORDER)
            follows = last is None or key_of(last, 0, ORDER) <= key_of(keys, 0, ORDER)
            ordered, last = follows and is_sorted(keys, ORDER), keys.tail(1)
            if not ordered:
                writer.seen = None  # it is counted when it is in order
    _set_aside(source, rejected)
    if not rows:
        raise DataError("the source holds no rows; check sources.path")
    return ordered


def _set_aside(source: Source, rejected: TableWriter) -> None:
    for frame in source.rejected:
        rejected.add(frame.select(pl.col(name).cast(kind) for name, kind in REJECTED.items()))
    source.rejected.clear()


def _put_in_order(table: Path, tally: Tally) -> bool:
    """Sort the written rows by group and time, as they came where those are equal; return whether there are times."""
    came = table.with_name("unsorted.parquet")
    table.rename(came)
    with_times, rows = False, 0
    with TableWriter(table, seen=tally.add) as writer:
        for piece in sorted_pieces(came, [*ORDER, "sample_id"], table.with_name("runs")):
            with_times = with_times or piece["time"].null_count() < piece.height
            writer.add(numbered(piece, rows))
            rows += piece.height
    came.unlink()
    return with_times


def _report(source: Source, tally: Tally, *, rows: int, rejected: int) -> IngestReport:
    parts = [plural(rows, NOUNS[source.kind])]
    if source.channels:
        parts.append(plural(len(source.channels), "channel"))
    if source.categories:
        parts.append(plural(len(source.categories), "category", "categories"))
    if tally.targets and source.kind != "series":
        least = "at least " if len(tally.targets) == MOST_TARGETS else ""
        parts.append(f"{least}{plural(len(tally.targets), 'different target')}")
    if tally.groups:
        parts.append(plural(tally.groups, "group"))
    if rejected:
        parts.append(f"{plural(rejected, 'row')} set aside that cannot be read")
    return IngestReport(
        summary=f"read {', '.join(parts)}",
        kind=source.kind,
        rows=rows,
        channels=source.channels,
        categories=source.categories,
        groups=tally.groups,
        step_seconds=tally.step_seconds,
        targets=tally.targets,
        rejected=rejected,
        notes=tuple(source.notes),
    )
