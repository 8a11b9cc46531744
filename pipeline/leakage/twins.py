"""Samples that are the same, or nearly: which cluster of near-duplicates each belongs to.

What is exactly the same (after normalising) is found by a hash, what is nearly the same by a sketch, and every
candidate is then compared in full, so that a sketch never decides. The search takes time in proportion to the number
of samples.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.leakage.clusters import Ints, clusters, in_order, spread
from pipeline.leakage.curves import near_series
from pipeline.leakage.pictures import near_images, same_pixels
from pipeline.leakage.shingles import WORDS, normalised
from pipeline.leakage.texts import near_texts


def text_twins(texts: pl.Series | Sequence[str | None], similarity: float) -> Ints:
    """Return the cluster of near-duplicates that each text belongs to, from 0 in the order of their first texts.

    Texts are compared without case, markup, addresses, mentions and punctuation, by the share of word triples they
    have in common; empty ones are no duplicates of each other.

    Args:
        texts: One per sample; None and "" where there is none.
        similarity: Share of the triples from which on two texts are nearly the same.
    """
    raw = texts if isinstance(texts, pl.Series) else pl.Series(list(texts), dtype=pl.String)
    plain = normalised(raw)
    # Of one or two words much the same is said without copying: there the marks count too ("bad", "bad!").
    short = plain.str.count_matches(" ", literal=True) < WORDS - 1
    plain = pl.select(pl.when(short).then(raw.fill_null("").str.strip_chars()).otherwise(plain)).to_series()
    empty = (plain == "").to_numpy()
    frame = pl.DataFrame({"text": plain, "place": np.arange(len(plain))})
    first = frame.select(pl.col("place").first().over("text")).to_series().to_numpy()
    distinct = in_order(np.where(empty, np.arange(len(plain)), first))
    representatives = np.unique(distinct, return_index=True)[1]
    told = representatives[~empty[representatives]]
    pairs = near_texts(plain.gather(told.tolist()), similarity)
    return spread(clusters(len(representatives), distinct[told][pairs]), distinct)


def image_twins(pixels: NDArray[np.uint8], similarity: float) -> Ints:
    """Return the cluster of near-duplicates that each image belongs to, from 0 in the order of their first images.

    Args:
        pixels: Grey, shape ``(image, height, width)``, all resized alike.
        similarity: 1: every pixel agrees; below, see :func:`pipeline.leakage.pictures.near_images`.
    """
    distinct = same_pixels(pixels)
    representatives = np.unique(distinct, return_index=True)[1]
    pairs = near_images(pixels, representatives, similarity)
    return spread(clusters(len(representatives), pairs), distinct)


def series_twins(rows: Sequence[NDArray[np.floating]] | NDArray[np.floating], similarity: float) -> Ints:
    """Return the cluster of near-duplicates that each series belongs to, from 0 in the order of their first series.

    Args:
        rows: Series of shape ``(time,)`` or ``(time, channel)``, of any length.
        similarity: 1: every value agrees; below, see :func:`pipeline.leakage.curves.near_series`.
    """
    seen: dict[bytes, int] = {}
    keys = [hashlib.blake2b(_bytes(series), digest_size=16).digest() for series in rows]
    distinct = np.array([seen.setdefault(key, len(seen)) for key in keys], np.int64)
    representatives = np.unique(distinct, return_index=True)[1]
    pairs = near_series([rows[place] for place in representatives.tolist()], similarity)
    return spread(clusters(len(representatives), pairs), distinct)


def _bytes(series: NDArray[np.floating]) -> bytes:
    return repr(series.shape).encode() + np.ascontiguousarray(series, np.float64).tobytes()
