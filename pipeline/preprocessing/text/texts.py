"""From clean rows of text to a stream of token ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.table import TableWriter
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import (
    SampleRows,
    batches,
    chosen_batches,
    divided,
    read_keys,
)
from pipeline.preprocessing.text.cleaning import cleaned
from pipeline.preprocessing.text.cooccurrence import Neighbours
from pipeline.preprocessing.text.tokens import Tokens, fit_tokens
from pipeline.preprocessing.text.vectors import file_vectors

AT_ONCE = 5_000
"""Texts that are worked on together."""

KEPT = 300
"""Characters of a test text that are kept for the report."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _CleanTexts:
    """Clean texts in a scratch file, since each is read several times and all may not fit into memory."""

    path: Path

    def __iter__(self) -> Iterator[pl.Series]:
        for frame in batches(self.path, ["text"], AT_ONCE):
            yield frame["text"]

    def parts(self, mask: NDArray[np.bool_]) -> Iterator[pl.Series]:
        """Yield the texts at which ``mask`` is true, piece by piece."""
        first = 0
        for texts in self:
            yield texts.filter(pl.Series(mask[first : first + len(texts)]))
            first += len(texts)


def prepare_texts(
    table: Path, config: TextConfig, question: Question, out: Path, *, seed: int, vectors: Path | None
) -> Prepared:
    """Clean, divide, tokenise and index texts; what is fitted sees the training texts only.

    Args:
        table: Rows as validate let them pass.
        config: Cleaning, tokens, vectors, split.
        question: What the head asks.
        out: Folder for the files.
        seed: Decides where chance does.
        vectors: File of word vectors, for ``vectors: file``.

    Raises:
        ConfigError: ``vectors: file`` without a file, or a head that does not fit.
        DataError: There are no texts, or nothing in them to learn from.
        MachineError: The tokenizer library is missing.
    """
    if config.vectors == "file" and vectors is None:
        raise ConfigError(
            "preprocessing.vectors=file needs preprocessing.vectors_file: a file of GloVe or word2vec"
        )
    keys = read_keys(table)
    if "text" not in pq.read_schema(table).names:
        raise DataError(
            "the table holds no texts; name their column with sources.text, or change preprocessing.kind"
        )
    with TemporaryDirectory(dir=out) as scratch, Outlet(out, np.int32, ()) as outlet:
        texts = _clean(table, Path(scratch) / "clean.parquet", config)
        rows = divided(keys, config.split, question, seed=seed, twins=lambda: _twins(texts, config))
        tokens = fit_tokens(lambda: texts.parts(rows.train), config)
        tokens.save(out)
        lengths, neighbours, notes = _write(texts, rows, tokens, outlet)
        names = tokens.names
        fitted, more = _vectors(config, vectors, names, neighbours, seed=seed)
        if fitted is not None:
            np.save(out / "vectors.npy", fitted)
        meta = StreamMeta(
            kind="text",
            window=int(lengths.max()),
            ragged=True,
            frame=(),
            channels=(),
            vocabulary=len(names),
            dimensions=config.dimensions if fitted is None else fitted.shape[1],
            vectors=fitted is not None,
            offset=(),
            scale=(),
            **rows.meta(),
        )
        prepared = Prepared(meta, (*rows.answers.notes, *notes, *more), rows.split)
        outlet.close(prepared)
    _keep_for_readers(table, rows, out / "texts_test.parquet")
    return prepared


def _keep_for_readers(table: Path, rows: SampleRows, path: Path) -> None:
    """Write the beginnings of the test texts as they came, for the report: numbers of samples tell a reader nothing."""
    test = rows.codes == SPLITS.index("test")
    with TableWriter(path) as writer:
        for frame in chosen_batches(table, ["sample_id", "text"], AT_ONCE, test):
            writer.add(frame.with_columns(pl.col("text").str.slice(0, KEPT)))


def _clean(table: Path, path: Path, config: TextConfig) -> _CleanTexts:
    writer: pq.ParquetWriter | None = None
    for frame in batches(table, ["text"], AT_ONCE):
        part = pl.DataFrame({"text": cleaned(frame["text"], config)}).to_arrow()
        writer = writer or pq.ParquetWriter(path, part.schema, compression="lz4")
        writer.write_table(part)
    if writer is None:
        raise DataError(
            "there is not one text; look into data/validate/quarantine.parquet for what was set aside"
        )
    writer.close()
    return _CleanTexts(path)


def _twins(texts: _CleanTexts, config: TextConfig) -> Ints:
    from pipeline.leakage.twins import text_twins

    return text_twins(pl.concat(list(texts)), config.split.similarity)


def _write(
    texts: _CleanTexts, rows: SampleRows, tokens: Tokens, outlet: Outlet
) -> tuple[Ints, Neighbours | None, tuple[str, ...]]:
    """Write ids and samples; return the length of each text (0 where unused), neighbours in training, and notes."""
    lengths = np.zeros(len(rows.codes), np.int64)
    neighbours = Neighbours(len(tokens.names)) if tokens.config.vectors == "corpus" else None
    first, empty, unknown, later = 0, 0, 0, 0
    for part in texts:
        here = slice(first, first + len(part))
        used, train = rows.used[here], rows.train[here]
        ids, sizes = tokens.encode(part.filter(pl.Series(used)))
        outlet.add_rows(ids)
        lengths[here][used] = sizes
        training = np.repeat(train[used], sizes)
        if neighbours is not None:
            neighbours.add(ids[training], sizes[train[used]])
        empty += int((part == "").filter(pl.Series(used)).sum())
        unknown, later = unknown + int((ids[~training] == 1).sum()), later + int((~training).sum())
        first += len(part)
    starts = np.cumsum(lengths) - lengths
    rows.send(outlet, starts, lengths)
    notes = [f"{empty:,} texts are empty after cleaning and were read as one unknown token"] if empty else []
    notes.append(f"{unknown / max(later, 1):.1%} of the tokens in val and test are unknown to training")
    return lengths, neighbours, tuple(notes)


def _vectors(
    config: TextConfig,
    path: Path | None,
    names: tuple[str, ...],
    neighbours: Neighbours | None,
    *,
    seed: int,
) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
    if config.vectors == "file" and path is not None:
        return file_vectors(path, names, seed=seed)
    if neighbours is not None:
        return neighbours.vectors(config.dimensions, seed=seed), ()
    return None, ()
