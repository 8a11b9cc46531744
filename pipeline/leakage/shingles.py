"""Texts as sets of word triples, and the few numbers that stand for such a set."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.buckets import mixed

Words64 = NDArray[np.uint64]
Ints = NDArray[np.int64]

WORDS = 3
"""Words in a row that make one shingle."""

HASHES = 64
CHUNK_BYTES = 4_000_000
SPACE = 32

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))


def normalised(texts: pl.Series) -> pl.Series:
    """Return texts without what copies differ in: case, markup, addresses, mentions, punctuation, white space.

    A text of nothing else (emoji) stays as it is. Scripts without spaces are read character by character.
    """
    raw = texts.cast(pl.String).fill_null("").str.strip_chars()
    plain = (
        raw.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"<[^<>]{0,200}>|https?://\S+|www\.\S+|&#?\w{1,8};|@\w+|^rt\b", " ")
        .str.replace_all(r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])", " $1 ")
        .str.replace_all(r"[^\p{L}\p{N}\p{M}]+", " ")
        .str.strip_chars()
    )
    return pl.select(pl.when(plain == "").then(raw).otherwise(plain)).to_series()


def bare(texts: pl.Series) -> pl.Series:
    """Return which texts hold nothing but markup, addresses, mentions and white space; None is such a text.

    Every text that preprocessing may clean to nothing is among them, so that a split that keeps duplicates together
    and the audit of it agree on what can be a copy.
    """
    rest = (
        texts.cast(pl.String)
        .fill_null("")
        .str.replace_all(r"(?is)<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->", " ")
        .str.replace_all(r"(?is)</?[a-z][^<>]*>|https?://\S+|www\.\S+|&#?\w{1,8};|@\w+", " ")
        .str.replace_all(r"[\s\p{Cc}\p{Cf}\x{FE0F}]+", "")
    )
    return rest == ""


def signatures(texts: pl.Series) -> NDArray[np.uint32]:
    """Return the MinHash signature of each normalised text, shape ``(text, 64)``.

    Two signatures agree in about as large a share of places as the texts share of their shingles.

    Source:
        Broder (1997), "On the resemblance and containment of documents".
    """
    rng = np.random.default_rng(97)
    factors = rng.integers(0, 2**63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    table = np.empty((len(texts), HASHES), np.uint32)
    for first, hashes, begins in shingle_chunks(texts):
        for place, factor in enumerate(factors):
            mixed = ((hashes * factor) >> np.uint64(32)).astype(np.uint32)
            table[first : first + len(begins), place] = np.minimum.reduceat(mixed, begins)
    return table


def shingle_chunks(texts: pl.Series) -> Iterator[tuple[int, Words64, Ints]]:
    """Yield the number of a first text, the shingles of it and those after it, and where each text's begin.

    Args:
        texts: Normalised, none of them empty.
    """
    sizes = texts.str.len_bytes().to_numpy().astype(np.int64)
    chunks = np.cumsum(sizes) // CHUNK_BYTES
    edges = [0, *(np.flatnonzero(np.diff(chunks)) + 1).tolist(), len(sizes)]
    for first, end in pairwise(edges):
        if end > first:
            yield first, *_shingles(texts[first:end])


def _shingles(texts: pl.Series) -> tuple[Words64, Ints]:
    """Return hashes of all runs of three words, text after text, and where those of each text begin."""
    letters, offsets = _letters(texts)
    begin = (letters != SPACE) & (np.r_[np.uint8(SPACE), letters[:-1]] == SPACE)
    begin[offsets[:-1]] = True  # a text that begins with a space
    begins = np.flatnonzero(begin)
    ends = np.r_[begins[1:], len(letters)]
    firsts = np.searchsorted(begins, offsets[:-1])
    lasts = np.r_[firsts[1:], len(begins)] - 1
    of_text = np.repeat(np.arange(len(firsts)), lasts - firsts + 1)
    words = np.arange(len(begins))
    kept = (words + WORDS - 1 <= lasts[of_text]) | (words == firsts[of_text])
    heads = words[kept]
    tails = np.minimum(heads + WORDS - 1, lasts[of_text[kept]])
    return _span_hashes(letters, begins[heads], ends[tails]), np.searchsorted(heads, firsts)


def _letters(texts: pl.Series) -> tuple[NDArray[np.uint8], Ints]:
    """Return the bytes of all texts, each with one space after it, and where each text begins and the last ends."""
    array = (texts + " ").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data, np.uint8)[places[0] : places[-1]], places - places[0]


def _span_hashes(letters: NDArray[np.uint8], begins: Ints, ends: Ints) -> Words64:
    """Return a 64-bit hash of each stretch of bytes: a polynomial in a fixed odd number, then mixed."""
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(len(letters), _PRIME))
        sums = np.r_[np.uint64(0), np.cumsum((letters.astype(np.uint64) + np.uint64(1)) * powers)]
        inverse = np.cumprod(np.full(len(letters), _INVERSE))
        hashes = (sums[ends] - sums[begins]) * inverse[begins]
        return mixed(hashes)
