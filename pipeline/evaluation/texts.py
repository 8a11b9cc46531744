"""What a test sample says, where it is a text: a number of a sample tells a reader nothing."""

from collections.abc import Iterable

import polars as pl

from pipeline.evaluation.wording import short

SHOWN = 160
"""Characters of a text that a row of the report shows."""


def shown_texts(texts: pl.LazyFrame | None, samples: Iterable[int]) -> dict[int, str]:
    """Return the texts of some samples, each on one line and shortened; nothing where the samples are no texts.

    Args:
        texts: ``sample_id`` and ``text``.
        samples: Which are wanted.
    """
    if texts is None:
        return {}
    wanted = pl.Series("sample_id", list(samples), dtype=pl.Int64)
    found = texts.filter(pl.col("sample_id").is_in(wanted.implode())).collect()
    return {
        sample: short(text or "", SHOWN) for sample, text in found.select("sample_id", "text").iter_rows()
    }
