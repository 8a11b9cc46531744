"""What an audit looks at: the samples of each part, and the rows of the table they were made of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.arrays import among, distinct
from pipeline.foundation.errors import DataError

Ints = NDArray[np.int64]
Kind = Literal["series", "images", "text", "table", "clips", "sound"]
Head = Literal["classify", "multilabel", "regress", "forecast"]

PARTS = ("train", "val", "test")
FIXED = ("sample_id", "group", "time", "split", "origin", "target")
PAYLOAD = (
    "text",
    "image",
    "sound",
    "height",
    "width",
    "bands",
    "encoding",
    "defect",
    "clip",
    "step",
    "rate",
    "samples",
)
MOST_SAMPLES = 2_000_000
"""More are not looked at one by one, but every second, third …"""

MOST_ROWS = 1_000_000
"""The same where rows of the table are samples: of texts and tables those are chosen whose contents hash to a multiple
of the number, so that copies are chosen together and their share is that of all."""


@dataclass(frozen=True)
class Parts:
    """The samples that an audit compares."""

    table: Path
    kind: Kind
    head: Head
    keys: pl.DataFrame
    """``sample_id, group, time, split, origin, target`` of each sample (``target`` null where there is none)."""

    window: int
    """Steps of a sample."""

    horizon: int
    whole: bool
    """Whether each group is one sample."""

    every: int
    """One in so many samples was looked at."""

    columns: tuple[str, ...]
    """All columns of the table."""

    static: tuple[str, ...] = ()
    """Columns with one value per sample."""

    blocks: bool = False
    """Whether test is a block of time with training around it."""

    @property
    def said_sample(self) -> str:
        """Return what to say of a check that looked at some samples only."""
        return f" (looked at one sample in {self.every})" if self.every > 1 else ""

    @property
    def values(self) -> tuple[str, ...]:
        """Return the channels and categories."""
        return tuple(name for name in self.columns if name not in FIXED and not self._is_payload(name))

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Return which samples are in the named parts."""
        return self.keys["split"].is_in(names).to_numpy()

    def example(self, place: int) -> str:
        """Return a sample as a person finds it: where it comes from, and its part."""
        row = self.keys.row(int(place), named=True)
        return f"{row['origin'] or 'sample ' + str(row['sample_id'])} ({row['split']})"

    def _is_payload(self, name: str) -> bool:
        return self.kind in ("images", "clips", "sound", "text") and name in PAYLOAD


def load_parts(table: Path, samples: Path, *, kind: Kind, head: Head, window: int, horizon: int) -> Parts:
    """Return the samples with what the table says about them.

    Args:
        table: ``table.parquet`` of validate.
        samples: ``samples.parquet`` of preprocess.
        kind: What the samples are.
        head: What is asked of them.
        window: Steps of a sample.
        horizon: Steps to forecast.

    Raises:
        DataError: There is nothing to look at.
    """
    columns = tuple(pq.read_schema(table).names)
    total = pq.ParquetFile(samples).metadata.num_rows
    every = max(1, -(-total // (MOST_SAMPLES if kind == "series" else MOST_ROWS)))
    about = ["sample_id", "group", "time", "split"]
    ids = _alike_ids(table, kind, columns, every=every) if every > 1 else None
    if ids is None:
        listed = together(batches(samples, about, every=every))
    else:
        listed = together(chosen_rows(samples, about, ids, rows=100_000))
    listed = listed.filter(pl.col("split").is_in(PARTS))
    if listed.is_empty():
        raise DataError(f"{samples} names no sample of any part; run preprocess again")
    about = [name for name in ("sample_id", "origin", "target") if name in columns]
    told = together(chosen_rows(table, about, listed["sample_id"].to_numpy(), rows=100_000))
    keys = listed.join(told, on="sample_id", how="left", maintain_order="left")
    if "target" not in columns:
        keys = keys.with_columns(target=pl.lit(None, pl.String))
    alone = keys["group"].null_count() == 0 and keys["group"].n_unique() == keys.height
    whole = kind == "series" and not horizon and alone
    return Parts(table, kind, head, keys, window, horizon, whole, every, columns)


def _alike_ids(table: Path, kind: Kind, columns: tuple[str, ...], *, every: int) -> Ints | None:
    """Return the ids of the rows whose contents hash to a multiple of ``every``; None: they cannot be chosen so."""
    held = content_columns(table, kind, columns)
    if kind not in ("table", "text") or not held:
        return None
    found, own, count = [], [], 0
    for part in batches(table, ["sample_id", *held]):
        hashes = part.select(held).hash_rows(seed=1).to_numpy()
        here = hashes % np.uint64(every) == 0
        found.append(part["sample_id"].to_numpy()[here])
        own.append(hashes[here])
        count += len(own[-1])
        if count > 2 * MOST_ROWS:
            return None
    # Where most rows are the same as others, a few contents would speak for all.
    few = len(distinct(np.concatenate(own))) < count / 2
    return None if few else np.concatenate(found)


def content_columns(table: Path, kind: Kind, columns: tuple[str, ...]) -> list[str]:
    """Return the columns by which samples are compared: all that hold something, and do not only name a row."""
    if kind == "text":
        return ["text"]
    names = [name for name in columns if name not in FIXED]
    first = next(batches(table, names, rows=256_000)) if names else None
    return [name for name in names if first is not None and not _names_rows(first[name])]


def _names_rows(values: pl.Series) -> bool:
    """Return whether a column only names rows: whole numbers or words, no two alike."""
    if values.n_unique() < len(values) or len(values) < 2:
        return False
    return not values.dtype.is_numeric() or bool((values % 1 == 0).all())


def batches(path: Path, columns: list[str], *, every: int = 1, rows: int = 100_000) -> Iterator[pl.DataFrame]:
    """Yield the columns of a Parquet file piece by piece, one row in ``every``."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        seen = 0
        for batch in file.iter_batches(rows, columns=columns):
            # Arrow copies what is taken; Polars would keep the text of all other rows alive beside it.
            places = pa.array(range(-seen % every, len(batch), every), pa.int64())
            taken = batch if every == 1 else batch.take(places)
            yield pl.DataFrame(pl.from_arrow(taken))
            seen += len(batch)


def together(pieces: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return pieces as one frame that lies in one stretch: joins of thousands of stretches take gigabytes."""
    return pl.concat(list(pieces), rechunk=True)


def chosen_rows(path: Path, columns: list[str], ids: Ints, *, rows: int = 10_000) -> Iterator[pl.DataFrame]:
    """Yield ``sample_id`` and the columns of the rows with these ids, in the order of the table."""
    wanted = distinct(ids)
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(rows, columns=list(dict.fromkeys(["sample_id", *columns]))):
            here = among(batch.column("sample_id").to_numpy(), wanted)
            yield pl.DataFrame(pl.from_arrow(batch.filter(pa.array(here))))


def chosen(part: pl.DataFrame, wanted: Ints) -> pl.DataFrame:
    """Return the rows of ``part`` whose ``sample_id`` is wanted, which is sorted."""
    return part.filter(among(part["sample_id"].to_numpy(), wanted))
