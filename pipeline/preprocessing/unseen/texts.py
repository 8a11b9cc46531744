"""New texts."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.foundation.arrays import ArrayWriter
from pipeline.preprocessing.config import TextConfig
from pipeline.preprocessing.meta import SecondMeta
from pipeline.preprocessing.outlet import Outlet, Samples
from pipeline.preprocessing.text.cleaning import cleaned
from pipeline.preprocessing.text.second import PREFIX
from pipeline.preprocessing.text.tokens import Tokens
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.taken import SPLIT, Taken, take_samples


def take_texts(table: Path, config: TextConfig, fitted: Fitted, out: Path) -> Taken:
    """Tokenise texts with the tokenizer of training; an empty one is read as one unknown token, as there."""
    frame = pl.read_parquet(table)
    texts = cleaned(frame["text"], config)
    ids, lengths = Tokens.load(fitted.folder).encode(texts)
    with Outlet(out, np.int32, ()) as outlet:
        outlet.add_rows(ids)
        samples = Samples(
            np.cumsum(lengths) - lengths, frame, lengths=lengths, static=fitted.encode_static(frame)
        )
        reader = take_samples(outlet, fitted, samples, second=_second(texts, fitted, out))
    notes = {
        "tokens are unknown to training": int((ids == 1).sum()),
        "texts are empty after cleaning and were read as one unknown token": int((texts == "").sum()),
    }
    return Taken(reader, out / "samples.parquet", notes=Counter(notes))


def _second(texts: pl.Series, fitted: Fitted, out: Path) -> tuple[SecondMeta, Path] | None:
    """Write the second stream, where there is one."""
    meta = fitted.meta.second
    if meta is None:
        return None
    ids, lengths = Tokens.load(fitted.folder, prefix=PREFIX).encode(texts)
    with ArrayWriter(out / f"{PREFIX}stream.npy", np.int32, ()) as stream:
        stream.append(ids)
    np.save(out / f"{PREFIX}starts_{SPLIT}.npy", np.cumsum(lengths) - lengths)
    np.save(out / f"{PREFIX}lengths_{SPLIT}.npy", lengths)
    return meta, out
