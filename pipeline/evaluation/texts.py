"""What a test sample says, or which file it comes from: the number of a sample tells a reader nothing."""

from collections.abc import Iterable

import polars as pl

from pipeline.evaluation.wording import short

SHOWN = 160
"""Characters of a text that a row of the report shows."""

NAMED = 60
"""Characters of the name of a file; its middle is left out where it is longer."""


def shown_texts(texts: pl.LazyFrame | None, samples: Iterable[int]) -> dict[int, str]:
    """Return the texts of some samples, each on one line and shortened; nothing where the samples are no texts.

    Args:
        texts: ``sample_id`` and ``text``.
        samples: Which are wanted.
    """
    return {sample: short(text or "", SHOWN) for sample, text in _chosen(texts, "text", samples)}


def shown_origins(origins: pl.LazyFrame | None, samples: Iterable[int]) -> dict[int, str]:
    """Return where some samples come from, shortened; nothing where nobody knows of any.

    Args:
        origins: ``sample_id`` and ``origin``.
        samples: Which are wanted.
    """
    found = _chosen(origins, "origin", samples)
    if not any(origin for _, origin in found):
        return {}
    return {sample: short(origin, NAMED) if origin else "" for sample, origin in found}


def _chosen(table: pl.LazyFrame | None, column: str, samples: Iterable[int]) -> list[tuple[int, str | None]]:
    if table is None:
        return []
    wanted = pl.Series("sample_id", list(samples), dtype=pl.Int64)
    found = table.filter(pl.col("sample_id").is_in(wanted.implode())).select("sample_id", column)
    return found.collect().rows()
