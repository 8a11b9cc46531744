"""New samples in files as a network reads them, and those that it cannot read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.words import plural
from pipeline.preprocessing.meta import SecondMeta, Split
from pipeline.preprocessing.outlet import Outlet, Prepared, Samples
from pipeline.preprocessing.stream import Floats, Ints, SplitReader, StreamFiles
from pipeline.preprocessing.unseen.fitted import Fitted

REFUSED = pl.Schema({"sample_id": pl.Int64(), "reason": pl.String()})
SPLIT: Split = "test"
"""New samples are kept as a test split is."""


@dataclass(frozen=True)
class Taken:
    """Samples that can be scored, and the reasons of those that cannot."""

    reader: SplitReader
    keys: Path
    """``sample_id``, ``group``, ``time`` of each sample of the reader, in its order."""

    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFUSED))
    """``sample_id`` and ``reason``, in the order of the ids."""

    notes: Counter[str] = field(default_factory=Counter)
    """What a person should know, and how many times it happened."""


def take_samples(
    outlet: Outlet,
    fitted: Fitted,
    samples: Samples,
    *,
    second: tuple[SecondMeta, Path] | None = None,
) -> SplitReader:
    """Write where the samples of a finished stream lie, and return their reader.

    Args:
        outlet: With the stream.
        fitted: What training fitted.
        samples: All of them.
        second: The second stream, and its folder.
    """
    outlet.add_samples(SPLIT, samples)
    return finish(outlet, fitted, ragged=samples.lengths is not None, second=second)


def finish(
    outlet: Outlet, fitted: Fitted, *, ragged: bool, second: tuple[SecondMeta, Path] | None = None
) -> SplitReader:
    """Close an outlet to which every sample was added, and return their reader."""
    meta = fitted.meta.model_copy(update={"counts": dict(outlet.counts), "ragged": ragged})
    outlet.close(Prepared(meta))
    folder = outlet.folder

    def file(name: str) -> Path:
        return folder / f"{name}_{SPLIT}.npy"

    other = None
    if second is not None:
        other = StreamFiles(
            stream=folder / "second_stream.npy",
            starts=file("second_starts"),
            ids=file("ids"),
            targets=None,
            lengths=file("second_lengths"),
        )
    files = StreamFiles(
        stream=folder / "stream.npy",
        starts=file("starts"),
        ids=file("ids"),
        targets=None,
        lengths=file("lengths") if ragged else None,
        static=file("static") if meta.static else None,
        second=other,
    )
    return SplitReader(files, meta, SPLIT)


def refused(ids: pl.Series, reasons: Sequence[str | None] | pl.Series) -> pl.DataFrame:
    """Return the samples that have a reason, with it."""
    told = pl.Series("reason", reasons, pl.String)
    return pl.DataFrame([ids.cast(pl.Int64).alias("sample_id"), told]).filter(told.is_not_null())


def fit_for(lengths: Ints, fitted: Fitted, unit: str) -> list[str | None]:
    """Return why samples of these lengths cannot be read by a network that knows one length only; None: they can.

    Args:
        lengths: Steps of each, shape ``(sample,)``.
        fitted: What training fitted.
        unit: What a step is called.
    """
    window = fitted.meta.window
    if fitted.meta.ragged:
        return [None] * len(lengths)
    return [
        None
        if length == window
        else f"has {plural(length, unit)}, and the model reads samples of {window} only"
        for length in lengths.tolist()
    ]


def mask_of(reasons: Sequence[str | None]) -> NDArray[np.bool_]:
    """Return which samples have no reason against them."""
    return np.array([reason is None for reason in reasons], bool)


def chosen(values: Floats | None, mask: NDArray[np.bool_]) -> Floats | None:
    """Return some rows of an array, where there is one."""
    return None if values is None else values[mask]
