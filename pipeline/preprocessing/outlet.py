"""Where preprocessing writes: the stream, and per split the samples in it, piece by piece.

Every kind of preprocessing hands its work to one :class:`Outlet`, so that none has to hold it in memory.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import DTypeLike, NDArray

from pipeline.foundation.arrays import ArrayWriter
from pipeline.foundation.files import write_json
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.meta import SPLITS, Split, StreamMeta

Ints = NDArray[np.int64]
_COLUMNS: dict[str, pl.DataType] = {
    "sample_id": pl.Int64(), "group": pl.String(), "time": pl.Datetime("us"), "split": pl.String(),
}  # fmt: skip
SAMPLES = pl.Schema(_COLUMNS)


@dataclass(frozen=True)
class Samples:
    """Some samples of one split, in the order in which they are read."""

    starts: Ints
    """First row in the stream, shape ``(sample,)``."""

    keys: pl.DataFrame
    """``sample_id``, ``group``, ``time`` of each."""

    lengths: Ints | None = None
    """Steps of each; None where all have ``window``."""

    targets: NDArray[Any] | None = None
    """int64 classes ``(sample,)``, float32 labels ``(sample, label)`` or scaled numbers ``(sample, 1)``; None for
    forecasts, whose target lies in the stream."""

    static: NDArray[np.float32] | None = None
    """What is known of each as a whole, ``(sample, static)``; None where nothing is."""

    def at(self, places: Ints) -> "Samples":
        """Return some of them."""
        return Samples(
            self.starts[places], self.keys[places],
            None if self.lengths is None else self.lengths[places],
            None if self.targets is None else self.targets[places],
            None if self.static is None else self.static[places],
        )  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """What a kind of preprocessing tells about what it has written."""

    meta: StreamMeta
    notes: tuple[str, ...] = ()
    split: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The split for a person: what was divided, and where each part went."""


class Outlet:
    """The files of ``data/preprocess``; complete once closed."""

    def __init__(self, folder: Path, dtype: DTypeLike, frame: tuple[int, ...]) -> None:
        """Begin the stream.

        Args:
            folder: Where the files go.
            dtype: Of the stream.
            frame: Shape of a step.
        """
        self.folder = folder
        self.stream = ArrayWriter(folder / "stream.npy", dtype, frame)
        self.counts: dict[Split, int] = dict.fromkeys(SPLITS, 0)
        self._arrays: dict[str, ArrayWriter] = {}
        self._table: pq.ParquetWriter | None = None
        self._waiting: list[pl.DataFrame] = []

    def add_rows(self, rows: NDArray[Any]) -> None:
        """Append steps to the stream, shape ``(step, *frame)``."""
        self.stream.append(rows)

    def add_samples(self, split: Split, samples: Samples) -> None:
        """Append samples to a split."""
        self._add_arrays(split, samples)
        self._keep(samples.keys.select("sample_id", "group", "time").with_columns(split=pl.lit(split)))

    def add_coded(self, codes: NDArray[np.int8], samples: Samples) -> None:
        """Append samples of several splits in one order, so that it does not matter how many come at a time.

        Args:
            codes: Split of each: 0 train, 1 val, 2 test.
            samples: The samples.
        """
        for code, split in enumerate(SPLITS):
            chosen = np.flatnonzero(codes == code)
            if len(chosen):
                self._add_arrays(split, samples.at(chosen))
        names = pl.Series("split", SPLITS, pl.String).gather(codes.astype(np.int64))
        self._keep(samples.keys.select("sample_id", "group", "time").with_columns(names))

    def _add_arrays(self, split: Split, samples: Samples) -> None:
        self.counts[split] += len(samples.starts)
        self._append(f"starts_{split}", samples.starts, np.int64)
        self._append(f"ids_{split}", samples.keys["sample_id"].to_numpy(), np.int64)
        if samples.lengths is not None:
            self._append(f"lengths_{split}", samples.lengths, np.int64)
        if samples.targets is not None:
            self._append(f"targets_{split}", samples.targets, samples.targets.dtype)
        if samples.static is not None:
            self._append(f"static_{split}", samples.static, np.float32)

    def _keep(self, keys: pl.DataFrame) -> None:
        self._waiting.append(keys.cast(SAMPLES))
        if sum(part.height for part in self._waiting) >= ROW_GROUP:
            self._write_samples()

    def close(self, prepared: Prepared) -> None:
        """Write what is left, ``meta.json`` and ``split.csv``."""
        for split in SPLITS:  # a part without samples is refused elsewhere; here it still has its files
            self._append(f"starts_{split}", np.empty(0, np.int64), np.int64)
            self._append(f"ids_{split}", np.empty(0, np.int64), np.int64)
        self._write_samples(last=True)
        self._end()
        write_json(prepared.meta.model_dump(mode="json"), self.folder / "meta.json")
        prepared.split.write_csv(self.folder / "split.csv")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _append(self, name: str, values: NDArray[Any], dtype: DTypeLike) -> None:
        if name not in self._arrays:
            self._arrays[name] = ArrayWriter(self.folder / f"{name}.npy", dtype, values.shape[1:])
        self._arrays[name].append(values)

    def _write_samples(self, *, last: bool = False) -> None:
        """Write whole row groups, so that equal samples give equal bytes however they came."""
        waiting = pl.concat(self._waiting) if self._waiting else pl.DataFrame(schema=SAMPLES)
        whole = waiting.height if last else waiting.height // ROW_GROUP * ROW_GROUP
        table: pa.Table = waiting[:whole].rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._table is None:
            self._table = pq.ParquetWriter(
                self.folder / "samples.parquet", table.schema, compression="zstd", compression_level=3
            )
        self._table.write_table(table, row_group_size=ROW_GROUP)
        self._waiting = [waiting[whole:]] if whole < waiting.height else []

    def _end(self) -> None:
        self.stream.close()
        for array in self._arrays.values():
            array.close()
        if self._table is not None:
            self._table.close()
            self._table = None
