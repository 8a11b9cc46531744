"""From clean rows of text to a stream of token ids."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.foundation.table import TableWriter
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.many.rows import MOST_HELD, ManyRows, divided_rows
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.outlet import Outlet, Prepared
from pipeline.preprocessing.question import Question
from pipeline.preprocessing.sample_rows import SampleRows, chosen_batches, require_targets
from pipeline.preprocessing.split.codes import TEST, Members
from pipeline.preprocessing.text.cooccurrence import Neighbours
from pipeline.preprocessing.text.corpus import AT_ONCE, CleanTexts, Encoded, clean_texts, encode_all
from pipeline.preprocessing.text.second import write_second
from pipeline.preprocessing.text.tokens import fit_tokens
from pipeline.preprocessing.text.vectors import file_vectors

KEPT = 300
"""Characters of a test text that are kept for the report."""

Ints = NDArray[np.int64]


def prepare_texts(
    table: Path,
    config: TextConfig,
    question: Question,
    out: Path,
    *,
    seed: int,
    vectors: Path | None,
    most: int = MOST_HELD,
) -> Prepared:
    """Clean, divide, tokenise and index texts; what is fitted sees the training texts only.

    Args:
        table: Rows as validate let them pass.
        config: Cleaning, tokens, vectors, split.
        question: What the head asks.
        out: Folder for the files.
        seed: Decides where chance does.
        vectors: File of word vectors, for ``vectors: file``.
        most: Samples that are held; more are divided and written piece by piece.

    Raises:
        ConfigError: ``vectors: file`` without a file, or a head that does not fit.
        DataError: There are no texts, or nothing in them to learn from.
        MachineError: The tokenizer library is missing.
    """
    if config.vectors == "file" and vectors is None:
        raise ConfigError(
            "preprocessing.vectors=file needs preprocessing.vectors_file: a file of GloVe or word2vec"
        )
    require_targets(table)
    if "text" not in pq.read_schema(table).names:
        raise DataError(
            "the table holds no texts; name their column with sources.text, or change preprocessing.kind"
        )
    with TemporaryDirectory(dir=out) as scratch, Outlet(out, np.int32, ()) as outlet:
        folder = Path(scratch)
        texts = clean_texts(table, folder / "clean.parquet", config)
        twins = _Twins(texts, config)
        rows = divided_rows(
            table, config.split, question, seed=seed, twins=twins, scratch=folder, most=most
        ).joined(table, config)
        tokens = fit_tokens(lambda: texts.parts(rows.train), config)
        tokens.save(out)
        encoded = encode_all(texts, rows, tokens, outlet.add_rows, scratch=folder / "lengths")
        rows.send_in_line(outlet, encoded.lengths)
        notes = [*rows.notes, *_notes(encoded)]
        names = tokens.names
        fitted, more = _vectors(config, vectors, names, encoded.neighbours, seed=seed)
        notes += more
        if fitted is not None:
            np.save(out / "vectors.npy", fitted)
        second = None
        if (other := config.of_second()) is not None:
            second, note = write_second(texts, rows, other, out, seed=seed)
            notes.append(note)
        meta = StreamMeta(
            kind="text",
            window=encoded.longest,
            ragged=True,
            frame=(),
            channels=(),
            vocabulary=len(names),
            dimensions=config.dimensions if fitted is None else fitted.shape[1],
            vectors=fitted is not None,
            second=second,
            offset=(),
            scale=(),
            **rows.meta(),
        )
        prepared = Prepared(meta, (*twins.notes, *notes), rows.split)
        outlet.close(prepared)
    _keep_for_readers(table, rows, out / "texts_test.parquet")
    return prepared


class _Twins:
    """Texts that are (nearly) the same as another."""

    most_alike = 1.0

    def __init__(self, texts: CleanTexts, config: TextConfig) -> None:
        self.texts, self.config = texts, config
        self.notes: tuple[str, ...] = ()

    def find(self) -> Ints:
        from pipeline.leakage.twins import text_twins_in_pieces

        found, looked_at = text_twins_in_pieces(lambda: self.texts, self.config.split.similarity)
        self._say(looked_at, len(found))
        return found

    def hashes(self) -> Iterator[NDArray[np.uint64]]:
        from pipeline.leakage.twins import text_hashes

        return (text_hashes(texts) for texts in self.texts)

    def aliases(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        from pipeline.leakage.twins import text_aliases

        old, new, looked_at, count = text_aliases(lambda: self.texts, self.config.split.similarity)
        self._say(looked_at, count)
        return old, new

    def ignore(self, alike: float) -> None:
        """Do nothing: equal texts are copies, however many there are."""

    def _say(self, looked_at: int, count: int) -> None:
        if looked_at < count:
            self.notes = (
                f"near-duplicates were looked for among {looked_at:,} of {count:,} texts, evenly spaced, and "
                f"exact ones among all",
            )


def _keep_for_readers(table: Path, rows: SampleRows | ManyRows, path: Path) -> None:
    """Write the beginnings of the test texts as they came, for the report: numbers of samples tell a reader nothing."""
    test = Members(rows.codes, TEST)
    with TableWriter(path) as writer:
        for frame in chosen_batches(table, ["sample_id", "text"], AT_ONCE, test):
            writer.add(frame.with_columns(pl.col("text").str.slice(0, KEPT)))


def _notes(encoded: Encoded) -> tuple[str, ...]:
    unknown = f"{encoded.unknown:.1%} of the tokens in val and test are unknown to training"
    if not encoded.empty:
        return (unknown,)
    return (
        f"{encoded.empty:,} texts are empty after cleaning and were read as one unknown token",
        unknown,
    )


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
