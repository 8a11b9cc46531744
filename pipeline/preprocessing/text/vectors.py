"""Where the vector of each token starts: from a file of word vectors, or from the training texts themselves."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.text.tokens import WORD

Floats = NDArray[np.float32]
MOST_BAD = 0.01


@dataclass
class _Found:
    """What a file of vectors gave for the tokens of a vocabulary."""

    dimensions: int
    exact: dict[int, Floats] = field(default_factory=dict)
    folded: dict[int, Floats] = field(default_factory=dict)
    """Of words that the file has in capitals only, where the vocabulary has none."""

    lines: int = 0
    bad: int = 0
    example: str = ""
    not_utf8: int = 0
    cut: bool = False


def file_vectors(path: Path, tokens: tuple[str, ...], *, seed: int) -> tuple[Floats, tuple[str, ...]]:
    """Return the vectors that a file has for ``tokens``, and notes on what it lacks.

    A token without a vector gets one by chance with the deviation of those found; padding is 0. Only vectors of
    known tokens are parsed, so that files of gigabytes pass in little memory.

    Args:
        path: In the text format of GloVe (``word number …``) or word2vec (the same after a line ``words size``).
        tokens: Names in the order of their ids.
        seed: Of the chance.

    Returns:
        Shape ``(token, dimension)``.

    Raises:
        DataError: The file is missing, no file of vectors, or has none for any token.

    Source:
        Kim (2014), "Convolutional Neural Networks for Sentence Classification" (unknown words by chance, with the
        variance of the known).
    """
    found = _found(path, tokens)
    known = {**found.folded, **found.exact}
    if not known:
        raise DataError(
            f"{path} has a vector for none of the {len(tokens):,} tokens of the training texts; is it of another "
            f"language, or preprocessing.tokens not words?"
        )
    given = np.stack(list(known.values()))
    spread = float(given.std())
    vectors = (
        np.random.default_rng(seed).normal(0.0, spread, (len(tokens), found.dimensions)).astype(np.float32)
    )
    vectors[list(known)] = given
    vectors[0] = 0.0
    return vectors, _notes(path, found, known=len(known), wanted=len(tokens) - 2)


def _found(path: Path, tokens: tuple[str, ...]) -> _Found:
    """Read a file line by line and keep what a token needs."""
    if not path.is_file():
        raise DataError(f"preprocessing.vectors_file: there is no file {path}; correct the path")
    ids = {token.removeprefix(WORD): index for index, token in reversed(list(enumerate(tokens))) if index > 1}
    with path.open("rb") as file:
        found = _Found(_dimensions(path, file.readline()))
        file.seek(0)
        for number, line in enumerate(_lines(file, found), start=1):
            if number == 1 and _is_header(line):
                continue
            _take(line, number, ids, found)
    if found.bad > max(1, MOST_BAD * found.lines):
        raise DataError(
            f"{path}: {found.bad:,} of {found.lines:,} lines are no word with {found.dimensions} numbers, such as line "
            f"{found.example}; give a file in the text format of GloVe or word2vec"
        )
    return found


def _lines(file: Iterator[bytes], found: _Found) -> Iterator[bytes]:
    """Yield whole lines: a last one without its end may have lost digits of its last number."""
    for line in file:
        if not line.endswith(b"\n"):
            found.cut = True
            return
        yield line.rstrip(b"\r\n ")


def _is_header(line: bytes) -> bool:
    fields = line.split()
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _dimensions(path: Path, first: bytes) -> int:
    """Return the numbers of a line, from the first: its header, or how many numbers it ends with."""
    if _is_header(first):
        return int(first.split()[1])
    fields = first.split()[1:]
    size = sum(1 for _ in takewhile(lambda field: _numbers([field]) is not None, reversed(fields)))
    if size < 2:
        raise DataError(
            f"{path} begins with {first[:60]!r}, and a line of word vectors is a word and its numbers; give a file in "
            f"the text format of GloVe or word2vec"
        )
    return size


def _take(line: bytes, number: int, ids: dict[str, int], found: _Found) -> None:
    found.lines += 1
    fields = line.rsplit(b" ", found.dimensions)  # from the right: some words hold spaces
    word, plain = _word(fields[0].strip())
    found.not_utf8 += not plain
    index = ids.get(word)
    lower = ids.get(word.lower()) if index is None else None
    wrong = len(fields) != found.dimensions + 1 or not fields[0]
    if not wrong and index is None and lower is None:
        return
    vector = None if wrong else _numbers(fields[1:])
    if vector is None:
        found.bad += 1
        found.example = found.example or f"{number}: {line[:40]!r}"
    elif index is not None:
        found.exact.setdefault(index, vector)
    elif lower is not None:
        found.folded.setdefault(lower, vector)


def _word(raw: bytes) -> tuple[str, bool]:
    """Return a word and whether it is UTF-8; what is not was written on Windows, as the quotes in GloVe's files."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), False


def _numbers(fields: list[bytes]) -> Floats | None:
    try:
        values = [float(field) for field in fields]
    except ValueError:
        return None
    return np.array(values, np.float32) if all(math.isfinite(value) for value in values) else None


def _notes(path: Path, found: _Found, *, known: int, wanted: int) -> tuple[str, ...]:
    share = known / max(wanted, 1)
    notes = [
        f"{path.name} has a vector for {known:,} of {wanted:,} tokens ({share:.0%}); the others begin by chance"
    ]
    if found.bad:
        notes.append(
            f"{path.name}: {found.bad:,} damaged lines were passed over, such as line {found.example}"
        )
    if found.not_utf8:
        notes.append(f"{path.name}: {found.not_utf8:,} words are not UTF-8 and were read as Windows-1252")
    if found.cut:
        notes.append(f"{path.name}: the last line has no end and may have lost digits, so it was left out")
    return tuple(notes)
