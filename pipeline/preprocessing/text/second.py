"""The same texts in other tokens: a second stream beside the first, with its own vocabulary and lengths."""

from pathlib import Path

import numpy as np

from pipeline.foundation.arrays import ArrayWriter
from pipeline.foundation.errors import DataError
from pipeline.foundation.table import ROW_GROUP
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.many.rows import ManyRows
from pipeline.preprocessing.meta import SPLITS, SecondMeta
from pipeline.preprocessing.sample_rows import SampleRows
from pipeline.preprocessing.text.corpus import CleanTexts, Encoded, encode_all
from pipeline.preprocessing.text.tokens import Tokens, fit_tokens

PREFIX = "second_"
"""What the names of the second stream's files begin with."""


def write_second(
    texts: CleanTexts, rows: SampleRows | ManyRows, config: TextConfig, out: Path, *, seed: int
) -> tuple[SecondMeta, str]:
    """Tokenise the texts anew and write the second stream and where each sample lies in it.

    Args:
        texts: The clean texts.
        rows: The samples, divided.
        config: How the second stream is tokenised; see :meth:`TextConfig.of_second`.
        out: Folder for the files.
        seed: Decides where chance does.

    Returns:
        What a reader has to know, and a sentence for the user.

    Raises:
        DataError: There is nothing in the texts to learn from.
    """
    tokens = _fitted(texts, rows, config)
    tokens.save(out, prefix=PREFIX)
    with ArrayWriter(out / f"{PREFIX}stream.npy", np.int32, ()) as stream:
        scratch = texts.path.with_name("second_lengths")
        encoded = encode_all(texts, rows, tokens, stream.append, scratch=scratch)
    _write_places(rows, encoded, out)
    if encoded.neighbours is not None:
        np.save(out / f"{PREFIX}vectors.npy", encoded.neighbours.vectors(config.dimensions, seed=seed))
    meta = SecondMeta(
        window=encoded.longest,
        vocabulary=len(tokens.names),
        dimensions=config.dimensions,
        vectors=encoded.neighbours is not None,
    )
    note = f"{encoded.unknown:.1%} of the second stream's tokens in val and test are unknown to training"
    return meta, note


def _fitted(texts: CleanTexts, rows: SampleRows | ManyRows, config: TextConfig) -> Tokens:
    try:
        return fit_tokens(lambda: texts.parts(rows.train), config)
    except DataError as error:
        raise DataError(str(error).replace("preprocessing.", "preprocessing.second.")) from None


def _write_places(rows: SampleRows | ManyRows, encoded: Encoded, out: Path) -> None:
    """Write first step and length of each sample, in the order of the first stream's samples."""
    for code, split in enumerate(SPLITS):
        with (
            ArrayWriter(out / f"{PREFIX}starts_{split}.npy", np.int64) as starts,
            ArrayWriter(out / f"{PREFIX}lengths_{split}.npy", np.int64) as lengths,
        ):
            first, start = 0, 0
            for sizes in encoded.lengths.pieces(ROW_GROUP):
                here = rows.codes[first : first + len(sizes)] == code
                starts.append((start + np.cumsum(sizes) - sizes)[here])
                lengths.append(sizes[here])
                first, start = first + len(sizes), start + int(sizes.sum())
