"""From clean texts to token ids: words, pieces of words, or characters, known from the training texts only."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.foundation.errors import DataError, MachineError
from pipeline.foundation.files import write_json
from pipeline.preprocessing.config_base import PreprocessingBase
from pipeline.preprocessing.config_rows import TextConfig
from pipeline.preprocessing.text.cleaning import EMOJI, MARKS, cleaned
from pipeline.preprocessing.text.words import frequent_words, word_ids

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING, UNKNOWN = "<padding>", "<unknown>"
"""Ids 0 and 1; never found in a text, whatever it says."""

WORD = "\u2581"
"""Stands before a piece that begins a word."""

TOKENIZER_FILE, VOCABULARY_FILE = "tokenizer.json", "vocabulary.json"

SINGLE = r"\p{Han}\p{Hiragana}\p{Katakana}"  # scripts without spaces: each sign a word
LETTERS = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{SINGLE}]]"
PARTS = "|".join(
    (
        "|".join(MARKS),
        EMOJI,
        r"[:;=]['^-]?(?:[dpoDPO]\b|[()\[\]/|]+)|<3+",  # :-) ;P <3
        r"n't\b|'(?:s|re|ve|ll|d|m)\b",
        r"\p{N}+(?:[.,:]\p{N}+)+",
        rf"[{SINGLE}]",
        rf"{LETTERS}+(?:'{LETTERS}+)*",
        r"\S",
    )
)
CONTRACTED = r"(?i)(\w)(n't|'(?:s|re|ve|ll|d|m))\b"
WIDE = "|".join((*MARKS, r"[^\x00-\x{02FF}]"))
"""Where a character may be made of several code points."""

LONGEST_CHARACTER = 16
"""Code points of a mark, an emoji, or a letter with its accents at most."""


@dataclass(frozen=True)
class Tokens:
    """A fitted tokenizer: everything that turns a text into ids, and back into what is read of it."""

    tokenizer: "Tokenizer"
    config: TextConfig

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every token in the order of its id."""
        ids: dict[str, int] = self.tokenizer.get_vocab()
        return tuple(sorted(ids, key=ids.__getitem__))

    @cached_property
    def _known(self) -> pl.Enum:
        return pl.Enum(self.names)

    def encode(self, texts: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of clean texts one after the other, and how many each text has.

        A text without a token is read as one unknown token, since a sample has at least one step.
        """
        if (
            self.config.tokens == "words"
        ):  # by columns: three times as fast as the tokenizer with the same words
            return word_ids(_words(texts).list.head(self.config.longest), self._known, unknown=1)
        found = [line.ids or [1] for line in self.tokenizer.encode_batch_fast(_cut(texts, self.config))]
        lengths = np.array([len(ids) for ids in found], np.int64)
        return np.fromiter((token for ids in found for token in ids), np.int32, int(lengths.sum())), lengths

    def read(self, texts: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return what :meth:`encode` does, for texts as they came."""
        return self.encode(cleaned(texts, self.config))

    def save(self, folder: Path, *, prefix: str = "") -> None:
        """Write the tokenizer, and its tokens in the order of their ids with the settings they obey."""
        (folder / f"{prefix}{TOKENIZER_FILE}").write_text(
            self.tokenizer.to_str(pretty=False) + "\n", encoding="utf-8"
        )
        settings = self.config.model_dump(
            mode="json", exclude={*PreprocessingBase.model_fields, "second", "vectors", "vectors_file"}
        )
        write_json({"tokens": list(self.names), "settings": settings}, folder / f"{prefix}{VOCABULARY_FILE}")

    @classmethod
    def load(cls, folder: Path, *, prefix: str = "") -> "Tokens":
        """Return the tokenizer that :meth:`save` wrote."""
        library = _library()
        told = json.loads((folder / f"{prefix}{VOCABULARY_FILE}").read_text(encoding="utf-8"))
        tokenizer = library.Tokenizer.from_file(str(folder / f"{prefix}{TOKENIZER_FILE}"))
        return cls(tokenizer, TextConfig(**told["settings"]))


def fit_tokens(texts: Callable[[], Iterable[pl.Series]], config: TextConfig) -> Tokens:
    """Return a tokenizer fitted on training texts.

    Args:
        texts: Gives the clean training texts in pieces, in the same order at every call.
        config: Kind and number of tokens.

    Raises:
        DataError: The training texts hold nothing that is frequent enough to be known.
        MachineError: The library is missing.
    """
    library = _library()
    match config.tokens:
        case "words":
            tokenizer = _fit_words(library, texts, config)
        case "characters":
            tokenizer = _fit_characters(library, texts, config)
        case "pieces":
            tokenizer = _fit_pieces(library, texts, config)
    tokenizer.enable_truncation(config.longest)
    if tokenizer.get_vocab_size() <= 2 + len(_marks(config)) * (config.tokens == "pieces"):
        raise DataError(
            f"no token is met {config.least_often} times in the training texts "
            f"(preprocessing.least_often={config.least_often}); lower it, or bring more text"
        )
    return Tokens(tokenizer, config)


def _fit_words(library: Any, texts: Callable[[], Iterable[pl.Series]], config: TextConfig) -> "Tokenizer":
    words = frequent_words((_words(part) for part in texts()), config.least_often, config.vocabulary)
    ids = {word: index for index, word in enumerate([PADDING, UNKNOWN, *words])}
    tokenizer: Tokenizer = library.Tokenizer(library.models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = library.pre_tokenizers.WhitespaceSplit()
    return tokenizer


def _fit_characters(
    library: Any, texts: Callable[[], Iterable[pl.Series]], config: TextConfig
) -> "Tokenizer":
    """Fit a list of characters (with their accents; a mark is one); each word is looked at once, however frequent."""
    cut = library.pre_tokenizers.Split(library.Regex("|".join((*_marks(config), r"\X"))), "isolated")
    words: Counter[str] = Counter()
    for part in texts():
        found = part.str.split(" ").explode(empty_as_null=False).value_counts(name="times")
        words.update(dict(zip(found[part.name].to_list(), found["times"].to_list(), strict=True)))
        words[" "] += int(part.str.count_matches(" ", literal=True).sum())
    counts: Counter[str] = Counter()
    for word, times in words.items():
        for character, _ in cut.pre_tokenize_str(word):
            counts[character] += times
    frequent = [character for character, times in counts.items() if times >= config.least_often]
    order = sorted(frequent, key=lambda character: (-counts[character], character))[: config.vocabulary]
    ids = {character: index for index, character in enumerate([PADDING, UNKNOWN, *order])}
    tokenizer: Tokenizer = library.Tokenizer(library.models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = cut
    return tokenizer


def _fit_pieces(library: Any, texts: Callable[[], Iterable[pl.Series]], config: TextConfig) -> "Tokenizer":
    """Fit pieces of words by byte-pair encoding over characters.

    Source:
        Sennrich, Haddow & Birch (2016), "Neural Machine Translation of Rare Words with Subword Units".
    """
    marks = _marks(config)
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=UNKNOWN, fuse_unk=True))
    tokenizer.pre_tokenizer = library.pre_tokenizers.Metaspace(replacement=WORD, prepend_scheme="always")
    alphabet = _alphabet(texts, config)
    trainer = library.trainers.BpeTrainer(
        vocab_size=config.vocabulary + 2,
        min_frequency=2,
        special_tokens=[PADDING, UNKNOWN, *marks],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_lines(texts, config), trainer)
    return _literal(library, tokenizer, marks)


def _alphabet(texts: Callable[[], Iterable[pl.Series]], config: TextConfig) -> list[str]:
    """Return the characters that pieces are made of: at most half of the vocabulary, ties by code point.

    The library's own choice among equally rare ones changes from run to run.
    """
    counts: Counter[str] = Counter()
    for part in texts():
        counts.update("".join(part))
    for mark in (" ", WORD):
        counts.pop(mark, None)
    kept = sorted(counts, key=lambda letter: (-counts[letter], letter))[: config.vocabulary // 2]
    return [WORD, *kept]


def _literal(library: Any, tokenizer: "Tokenizer", marks: Iterable[str]) -> "Tokenizer":
    """Return a tokenizer that finds no special token but ``marks`` in a text.

    The library would read the word "<padding>" of a text as padding.
    """
    told = json.loads(tokenizer.to_str())
    told["added_tokens"] = []
    bare: Tokenizer = library.Tokenizer.from_str(json.dumps(told))
    bare.add_special_tokens(
        [library.AddedToken(mark, lstrip=True, rstrip=True, normalized=False) for mark in marks]
    )
    return bare


def _marks(config: TextConfig) -> tuple[str, ...]:
    return MARKS if config.social else ()


def _lines(texts: Callable[[], Iterable[pl.Series]], config: TextConfig) -> Iterator[list[str]]:
    for part in texts():
        yield spaced(part, config).to_list()


def _cut(texts: pl.Series, config: TextConfig) -> list[str]:
    """Return what a text is read from; of characters, without what comes after the last that is read."""
    if config.tokens != "characters":
        return spaced(texts, config).to_list()
    short = texts.str.slice(0, config.longest)  # one code point is one character there
    return (
        texts.str.slice(0, config.longest * LONGEST_CHARACTER)
        .zip_with(texts.str.contains(WIDE), short)
        .to_list()
    )


def spaced(texts: pl.Series, config: TextConfig) -> pl.Series:
    """Return clean texts with one space between words, signs and emoji; for characters as they are."""
    if config.tokens == "characters":
        return texts
    return _words(texts).list.join(" ")


def _words(texts: pl.Series) -> pl.Series:
    """Return clean texts as lists of words, signs and emoji."""
    return texts.str.replace_all(CONTRACTED, "$1 $2").str.extract_all(PARTS)


def _library() -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        import tokenizers
    except ImportError:
        raise MachineError(
            "preprocessing.kind=text needs tokenizers; install it with pip install 'convoy[text]'"
        ) from None
    return tokenizers
