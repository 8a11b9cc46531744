"""Texts as people write them, brought into one form before they are cut into tokens."""

import html
import re
from collections.abc import Callable
from itertools import pairwise
from string import ascii_letters

import polars as pl

from pipeline.preprocessing.config_rows import TextConfig

URL, USER, HASHTAG = "<url>", "<user>", "<hashtag>"
"""One token each, spelt as in the word vectors that GloVe offers for Twitter."""

MARKS = (URL, USER, HASHTAG)

HIDDEN = r"(?is)<script\b.*?</script\s*>|<style\b.*?</style\s*>|<!--.*?-->"
TAG = r"(?s)</?[A-Za-z][^<>]*>"  # "<3" and "a < b" are none
LINK = r"(?i)\bhttps?://\S+|\bwww\.\S+|\bpic\.twitter\.com/\S+"
MENTION = r"(^|[^\w@])@\w+"  # not the middle of an address
TAGGED = re.compile(r"(?<![\w&/#])#(\w*[^\W\d_]\w*)")
EMOJI = (
    r"\p{RI}\p{RI}|[0-9#*]\x{20E3}"
    r"|\p{Extended_Pictographic}\p{EMod}?(?:\x{200D}\p{Extended_Pictographic}\p{EMod}?)*"
)
REPEATED = re.compile(r"([^\W\d_])\1{2,}")
MAY_REPEAT = "|".join([r"[^\x00-\x7f]{3}", *(letter * 3 for letter in ascii_letters)])
"""Where :data:`REPEATED` may find something, for an engine that knows no references back and is far faster."""

ODD_SPACE = r"[[\s\p{Cc}]--[ ]][\s\p{Cc}]*| [\s\p{Cc}]+"
"""Any space but the one between two words, which stays as it is."""

BEYOND_ASCII = r"[^\x00-\x7f]"


def cleaned(texts: pl.Series, config: TextConfig) -> pl.Series:
    """Return texts in one form: compatible Unicode, one space between words, and what ``config`` asks for.

    Args:
        texts: As they came; null is read as empty.
        config: ``markup``, ``social`` and ``lowercase``.
    """
    texts = texts.cast(pl.String).fill_null("")
    if config.markup == "strip":
        texts = texts.str.replace_all(HIDDEN, " ").str.replace_all(TAG, " ")
        texts = _where(texts, texts.str.contains("&", literal=True), _each(html.unescape))
    texts = _where(texts, texts.str.contains(BEYOND_ASCII), _compatible)
    if config.social:
        texts = _social(texts)
    if config.lowercase:
        texts = texts.str.to_lowercase()
    if config.social:  # after capitals are gone, so that "SOooo" is long too
        texts = _where(texts, texts.str.contains(MAY_REPEAT), _each(lambda text: REPEATED.sub(r"\1\1", text)))
    return texts.str.replace_all(ODD_SPACE, " ").str.strip_chars()


def _compatible(texts: pl.Series) -> pl.Series:
    return (
        texts.str.normalize("NFKC").str.replace_all("[\u2018\u2019\u02bc]", "'").str.replace_all("\ufe0f", "")
    )


def _social(texts: pl.Series) -> pl.Series:
    texts = texts.str.replace_all(LINK, f" {URL} ").str.replace_all(MENTION, f"$1 {USER} ")
    texts = _where(
        texts, texts.str.contains("#", literal=True), _each(lambda text: TAGGED.sub(_words_of_tag, text))
    )
    return texts.str.replace_all(EMOJI, " $0 ")


def _words_of_tag(tag: re.Match[str]) -> str:
    return f" {HASHTAG} {' '.join(tag_words(tag[1]))} "


def tag_words(tag: str) -> list[str]:
    """Return the words of a hashtag without its ``#``, by its capitals, digits and underscores.

    ``ILoveNLP`` is I, Love, NLP; a tag all in small letters stays one word, since nothing in it says more.
    """
    bounds = [index for index in range(1, len(tag)) if _begins(tag, index)]
    pieces = [tag[start:end] for start, end in pairwise([0, *bounds, len(tag)])]
    return [word for piece in pieces for word in piece.split("_") if word]


def _begins(tag: str, index: int) -> bool:
    """Return whether a word of a hashtag begins at ``index``."""
    before, here, after = tag[index - 1], tag[index], tag[index + 1 : index + 2]
    if before.isdigit() != here.isdigit():
        return True
    return here.isupper() and (before.islower() or (before.isupper() and after.islower()))


def _where(texts: pl.Series, held: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return texts with ``change`` applied to those where ``held`` is true; no time is spent on the others."""
    if not held.any():
        return texts
    return texts.scatter(held.arg_true(), change(texts.filter(held)))


def _each(change: Callable[[str], str]) -> Callable[[pl.Series], pl.Series]:
    """Return the change of one text as a change of many, in Python."""
    return lambda texts: pl.Series([change(text) for text in texts], dtype=pl.String)
