"""How a stage opens what ``preprocess`` left: every file checked against its manifest before it is used."""

import numpy as np
import polars as pl

from pipeline.foundation.paths import Paths
from pipeline.preprocessing.meta import Split, StreamMeta
from pipeline.preprocessing.predictions import split_samples
from pipeline.preprocessing.stream import Floats, SplitReader, StreamFiles

STAGE = "preprocess"


def read_meta(data: Paths) -> StreamMeta:
    """Return ``data/preprocess/meta.json``."""
    return StreamMeta.model_validate_json(data.read(STAGE, "meta.json").read_text(encoding="utf-8"))


def open_readers(data: Paths, *splits: Split) -> tuple[SplitReader, ...]:
    """Return a reader per split; they share one stream, which is hashed once however many read it.

    Raises:
        IntegrityError: ``preprocess`` has not finished, or one of its files was changed since.
    """
    meta = read_meta(data)
    stream = data.read(STAGE, "stream.npy")
    return tuple(
        SplitReader(
            StreamFiles(
                stream=stream,
                starts=data.read(STAGE, f"starts_{split}.npy"),
                ids=data.read(STAGE, f"ids_{split}.npy"),
                targets=None if meta.head == "forecast" else data.read(STAGE, f"targets_{split}.npy"),
                lengths=data.read(STAGE, f"lengths_{split}.npy") if meta.ragged else None,
            ),
            meta,
            split,
        )
        for split in splits
    )


def open_reader(data: Paths, split: Split) -> SplitReader:
    """Return the reader of one split; see :func:`open_readers`."""
    return open_readers(data, split)[0]


def read_vectors(data: Paths, meta: StreamMeta) -> Floats | None:
    """Return the vectors that tokens start from, ``(vocabulary, dimension)``; None where they start at random."""
    if not meta.vectors:
        return None
    vectors: Floats = np.load(data.read(STAGE, "vectors.npy"), allow_pickle=False)
    return vectors.astype(np.float32, copy=False)


def read_samples(data: Paths, reader: SplitReader) -> pl.DataFrame:
    """Return ``sample_id``, ``group`` and ``time`` of each sample of ``reader``, in its order."""
    samples = pl.read_parquet(data.read(STAGE, "samples.parquet"))
    return split_samples(samples, reader.split, reader.ids)
