"""What every source promises: batches of rows with fixed columns, and what it noticed while reading."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from pipeline.sources.config import TableKind

FIXED: dict[str, pl.DataType | type[pl.DataType]] = {
    "sample_id": pl.Int64,
    "group": pl.String,
    "time": pl.Datetime("us"),
    "split": pl.String,
    "origin": pl.String,
}
IMAGE: dict[str, pl.DataType | type[pl.DataType]] = {
    "height": pl.Int32,
    "width": pl.Int32,
    "bands": pl.Int32,
    "encoding": pl.String,
    "image": pl.Binary,
    "defect": pl.String,
    "target": pl.String,
}
CLIP: dict[str, pl.DataType | type[pl.DataType]] = {"clip": pl.String, "step": pl.Int32, **IMAGE}
SOUND: dict[str, pl.DataType | type[pl.DataType]] = {
    "rate": pl.Int32,
    "samples": pl.Int64,
    "sound": pl.Binary,
    "defect": pl.String,
    "target": pl.String,
}
REJECTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "origin": pl.String,
    "reason": pl.String,
    "row": pl.String,
}
"""What could not be read, where it stands, and why."""


@dataclass(frozen=True)
class SourceTable:
    """Rows as every later stage expects them (``docs/formats.md``), in memory."""

    kind: TableKind
    frame: pl.DataFrame
    channels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Sentences for the user: columns left out, files passed over, rows put in order."""

    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED))


class Source(ABC):
    """A place rows come from; one object reads once.

    ``channels``, ``categories``, ``notes`` and ``rejected`` are complete when :meth:`batches` has ended.
    """

    kind: TableKind

    def __init__(self) -> None:
        self.channels: tuple[str, ...] = ()
        self.categories: tuple[str, ...] = ()
        self.notes: list[str] = []
        self.rejected: list[pl.DataFrame] = []

    @abstractmethod
    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield rows as they lie, some ten thousand or some 64 MB at a time, all with one schema.

        They have ``origin``, of ``group``, ``time`` and ``split`` those that the source knows, then channels and
        categories, or the payload; ``target`` last, if there is one. Never ``sample_id``: ingest counts, after it has
        put a series in order.

        Raises:
            DataError: The data are missing, empty, or not what the settings say they are.
        """

    def read(self, most: int | None = None) -> SourceTable:
        """Return all rows in memory, or about the first ``most``: a series sorted by ``group`` and ``time``.

        Raises:
            DataError: As :meth:`batches`.
        """
        parts, rows = [], 0
        for batch in self.batches():
            parts.append(batch)
            rows += batch.height
            if most is not None and rows >= most:
                break
        frame = pl.concat(parts)
        keys = [name for name in ("group", "time") if self.kind == "series" and name in frame.columns]
        if keys:
            frame = frame.sort(keys, maintain_order=True, nulls_last=True)
        rejected = pl.concat(self.rejected) if self.rejected else pl.DataFrame(schema=REJECTED)
        return SourceTable(
            self.kind, numbered(frame), self.channels, self.categories, tuple(self.notes), rejected
        )


def numbered(frame: pl.DataFrame, first: int = 0) -> pl.DataFrame:
    """Return ``frame`` with the fixed columns first, ``sample_id`` counting from ``first``, absent ones null."""
    with_ids = frame.drop("sample_id", strict=False).with_row_index("sample_id", offset=first)
    missing = [pl.lit(None).alias(name) for name in FIXED if name not in with_ids.columns]
    rest = [name for name in frame.columns if name not in FIXED]
    return with_ids.with_columns(missing).select(
        *(pl.col(name).cast(kind) for name, kind in FIXED.items()), *rest
    )
