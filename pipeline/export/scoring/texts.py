"""Texts, brought into one form and cut into the tokens of training."""

import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .columns import complaint, encode
from .rows import Row
from .samples import Samples

UNKNOWN = 1
"""Id of a token that training does not know."""


def prepare(rows: Sequence[Row], fitted: Mapping[str, Any]) -> Samples:
    """Tokenise texts; an empty one is read as one unknown token, as in training.

    Args:
        rows: Raw rows.
        fitted: ``preprocessing.json``.
    """
    refuses = "preprocessing.static_missing=refuse" if fitted["static_missing"] == "refuse" else None
    static = fitted["static"]
    samples = Samples([], [])
    for place, row in enumerate(rows):
        why = None if static is None else complaint(row, static, fitted["reading"], refuses=refuses)
        if why is None:
            samples.rows.append(place)
        else:
            samples.reasons[place] = why
    good = [rows[place] for place in samples.rows]
    texts = [cleaned(str(row.get(fitted["text"]) or ""), fitted) for row in good]
    samples.steps = _encoded(texts, fitted["first"], fitted)
    if fitted["second"] is not None:
        samples.second = _encoded(texts, fitted["second"], fitted)
    if static is not None and good:
        samples.static = encode(good, static, fitted["reading"])
    return samples


def cleaned(text: str, fitted: Mapping[str, Any]) -> str:
    """Return a text in one form: compatible Unicode, one space between words, and what the settings ask for."""
    said = _expressions(Path(fitted["folder"]))
    if fitted["markup"] == "strip":
        if "<" in text:
            text = said["tag"].sub(" ", said["hidden"].sub(" ", text))
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = re.sub("[\u2018\u2019\u02bc]", "'", text).replace("\ufe0f", "")
    if fitted["social"]:
        text = _social(text, said)
    if fitted["lowercase"]:
        text = text.lower()
    if fitted["social"]:
        text = said["repeated"].sub(r"\1\1", text)
    return said["blank"].sub(" ", text).strip(" ")


def _social(text: str, said: Mapping[str, re.Pattern[str]]) -> str:
    """Return a text with a token for each link, mention and hashtag, and emoji on their own."""
    text = said["link"].sub(" <url> ", text)
    if "@" in text:
        text = said["mention"].sub(r"\1 <user> ", text)
    if "#" in text:
        text = said["tagged"].sub(lambda tag: f" <hashtag> {' '.join(_tag_words(tag[1]))} ", text)
    return text if text.isascii() else said["emoji"].sub(r" \g<0> ", text)


def _encoded(
    texts: Sequence[str], stream: Mapping[str, Any], fitted: Mapping[str, Any]
) -> list[NDArray[np.int64]]:
    """Return the token ids of clean texts."""
    if not texts:
        return []
    tokenizer = _tokenizer(Path(fitted["folder"]) / stream["tokenizer"])
    said = _expressions(Path(fitted["folder"]))
    if stream["tokens"] != "characters":
        parted = [said["contracted"].sub(r"\1 \2", text) for text in texts]
        texts = [" ".join(found[0] for found in said["parts"].finditer(text)) for text in parted]
    return [np.array(line.ids or [UNKNOWN], np.int64) for line in tokenizer.encode_batch(list(texts))]


@lru_cache
def _tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


@lru_cache
def _expressions(folder: Path) -> dict[str, re.Pattern[str]]:
    """Return the expressions of ``patterns.json``, each ``‹name›`` replaced by the class of that name."""
    told = json.loads((folder / "patterns.json").read_text(encoding="utf-8"))
    found = {}
    for name, expression in told["expressions"].items():
        for own, signs in told["classes"].items():
            expression = expression.replace(f"‹{own}›", signs)
        found[name] = re.compile(expression)
    return found


def _tag_words(tag: str) -> list[str]:
    """Return the words of a hashtag, by its capitals, digits and underscores."""
    bounds = [index for index in range(1, len(tag)) if _begins(tag, index)]
    pieces = [tag[start:end] for start, end in pairwise([0, *bounds, len(tag)])]
    return [word for piece in pieces for word in piece.split("_") if word]


def _begins(tag: str, index: int) -> bool:
    before, here, after = tag[index - 1], tag[index], tag[index + 1 : index + 2]
    if before.isdigit() != here.isdigit():
        return True
    return here.isupper() and (before.islower() or (before.isupper() and after.islower()))
