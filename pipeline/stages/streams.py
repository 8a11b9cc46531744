"""How a stage opens what ``preprocess`` left: every file checked against its manifest before it is used."""

import numpy as np
import polars as pl

from pipeline.foundation.arrays import read_array
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
                static=data.read(STAGE, f"static_{split}.npy") if meta.static else None,
                second=_second(data, meta, split),
            ),
            meta,
            split,
        )
        for split in splits
    )


def _second(data: Paths, meta: StreamMeta, split: Split) -> StreamFiles | None:
    """Return the files of the second stream, where there is one."""
    if meta.second is None:
        return None
    return StreamFiles(
        stream=data.read(STAGE, "second_stream.npy"),
        starts=data.read(STAGE, f"second_starts_{split}.npy"),
        ids=data.read(STAGE, f"ids_{split}.npy"),
        targets=data.read(STAGE, f"targets_{split}.npy"),
        lengths=data.read(STAGE, f"second_lengths_{split}.npy"),
    )


def open_reader(data: Paths, split: Split) -> SplitReader:
    """Return the reader of one split; see :func:`open_readers`."""
    return open_readers(data, split)[0]


def read_vectors(data: Paths, meta: StreamMeta, *, prefix: str = "") -> Floats | None:
    """Return the vectors that tokens start from, ``(vocabulary, dimension)``; None where they start at random.

    Args:
        data: The folders of the project.
        meta: Of the stream.
        prefix: What the file's name begins with: ``second_`` for the second stream.
    """
    if not meta.vectors:
        return None
    vectors: Floats = read_array(data.read(STAGE, f"{prefix}vectors.npy"))
    return vectors.astype(np.float32, copy=False)


def read_samples(data: Paths, reader: SplitReader) -> pl.DataFrame:
    """Return ``sample_id``, ``group`` and ``time`` of each sample of ``reader``, in its order."""
    samples = pl.read_parquet(data.read(STAGE, "samples.parquet"))
    return split_samples(samples, reader.split, reader.ids)
