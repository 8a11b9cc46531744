"""Samples that are the same, or nearly: which cluster of near-duplicates each belongs to.

What is exactly the same (after normalising) is found by a hash, what is nearly the same by a sketch, and every
candidate is then compared in full, so that a sketch never decides. The search takes time in proportion to the number
of samples.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.arrays import first_equal
from pipeline.leakage.clusters import Ints, clusters, in_order, spread
from pipeline.leakage.curves import near_series
from pipeline.leakage.pictures import near_images, same_pixels
from pipeline.leakage.shingles import WORDS, normalised
from pipeline.leakage.texts import most_texts, near_texts


def text_twins(texts: pl.Series | Sequence[str | None], similarity: float) -> Ints:
    """Return the cluster of near-duplicates that each text belongs to, from 0 in the order of their first texts.

    Texts are compared without case, markup, addresses, mentions and punctuation, by the share of word triples they
    have in common; empty ones are no duplicates of each other.

    Args:
        texts: One per sample; None and "" where there is none.
        similarity: Share of the triples from which on two texts are nearly the same.
    """
    raw = texts if isinstance(texts, pl.Series) else pl.Series(list(texts), dtype=pl.String)
    plain = _compared(raw)
    empty = (plain == "").to_numpy()
    first = first_equal(plain.hash(seed=0).to_numpy())
    distinct = in_order(np.where(empty, np.arange(len(plain)), first))
    representatives = np.unique(distinct, return_index=True)[1]
    told = representatives[~empty[representatives]]
    pairs = near_texts(plain.gather(told.tolist()), similarity)
    return spread(clusters(len(representatives), distinct[told][pairs]), distinct)


def text_twins_in_pieces(pieces: Callable[[], Iterable[pl.Series]], similarity: float) -> tuple[Ints, int]:
    """Return the clusters as :func:`text_twins` does, however many texts there are, and among how many it looked.

    What is exactly the same (after normalising) is found among all; what is nearly the same among as many, evenly
    spaced, as memory is set aside for.

    Args:
        pieces: Gives the texts, piece by piece, each time it is called.
        similarity: As for :func:`text_twins`.
    """
    count, most = _counted(pieces())
    if count <= most:
        return text_twins(pl.concat(list(pieces())), similarity), count
    hashes = np.concatenate([text_hashes(texts) for texts in pieces()])
    chosen = evenly_spaced(count, most)
    near = first_equal(text_twins(_gathered(pieces(), chosen), similarity))
    # Two texts without a hash say nothing, and are no copies.
    exact = np.where(hashes == 0, np.arange(count), first_equal(hashes))
    pairs = [np.stack([np.arange(count), exact], axis=1), np.stack([chosen, chosen[near]], axis=1)]
    joined = np.concatenate([some[some[:, 0] != some[:, 1]] for some in pairs])
    return clusters(count, joined), len(chosen)


def text_aliases(
    pieces: Callable[[], Iterable[pl.Series]], similarity: float
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], int, int]:
    """Return which hashes of texts stand for nearly the same as another: each, rising, and the one it is like.

    Texts are looked at as by :func:`text_twins_in_pieces`: as many as memory is set aside for.

    Args:
        pieces: Gives the texts, piece by piece, each time it is called.
        similarity: As for :func:`text_twins`.

    Returns:
        Hashes (:func:`text_hashes`) and what each is like; among how many texts it looked, and of how many.
    """
    count, most = _counted(pieces())
    chosen = evenly_spaced(count, min(count, most))
    texts = _gathered(pieces(), chosen)
    near, hashes = first_equal(text_twins(texts, similarity)), text_hashes(texts)
    told = np.flatnonzero((hashes != 0) & (hashes != hashes[near]))
    old, firsts = np.unique(hashes[told], return_index=True)
    return old, hashes[near[told[firsts]]], len(chosen), count


def _counted(pieces: Iterable[pl.Series]) -> tuple[int, int]:
    """Return how many texts there are, and how many of that size are compared for likeness."""
    count, size = 0, 0
    for texts in pieces:
        count, size = count + len(texts), size + int(texts.str.len_bytes().sum())
    return count, most_texts(size / max(count, 1))


def evenly_spaced(count: int, most: int) -> Ints:
    """Return ``most`` places of ``count``, the first and the last among them."""
    return np.linspace(0, count - 1, most).astype(np.int64)


def _compared(raw: pl.Series) -> pl.Series:
    """Return texts as they are compared."""
    plain = normalised(raw)
    # Of one or two words much the same is said without copying: there the marks count too ("bad", "bad!").
    short = plain.str.count_matches(" ", literal=True) < WORDS - 1
    return pl.select(pl.when(short).then(raw.fill_null("").str.strip_chars()).otherwise(plain)).to_series()


def text_hashes(texts: pl.Series) -> NDArray[np.uint64]:
    """Return a number for each text, the same for those that are compared as the same; 0: it says nothing."""
    plain = _compared(texts)
    return np.where((plain == "").to_numpy(), np.uint64(0), plain.hash(seed=0).to_numpy())


def _gathered(pieces: Iterable[pl.Series], places: Ints) -> pl.Series:
    """Return the texts at some places, which rise."""
    found, first = [], 0
    for texts in pieces:
        here = places[np.searchsorted(places, first) : np.searchsorted(places, first + len(texts))]
        # Arrow copies what is taken; Polars would keep all other texts alive beside it.
        found.append(texts.gather(here - first).to_arrow(compat_level=pl.CompatLevel.oldest()))
        first += len(texts)
    return pl.concat([pl.Series(some, dtype=pl.String) for some in found])


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
