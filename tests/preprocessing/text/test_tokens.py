"""Tokens are known from training texts, and saved so that prediction reads texts alike."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.config import TextConfig
from pipeline.preprocessing.text.cleaning import cleaned
from pipeline.preprocessing.text.tokens import PADDING, UNKNOWN, Tokens, fit_tokens, spaced

TEXTS = pl.Series(
    [
        "the cat sat on the mat",
        "the dog sat on the cat 😂",
        "I can't see the cats' mats, can you?",
        "@ann look https://x.org #CatDog 😂",
    ]
    * 3
)
KINDS = ("words", "pieces", "characters")


def fitted(texts=TEXTS, **settings):
    config = TextConfig(**{"vocabulary": 60, **settings})
    clean = cleaned(texts, config)
    return fit_tokens(lambda: [clean[:5], clean[5:]], config)


def read(tokens, text):
    return [tokens.names[index] for index in tokens.read(pl.Series([text]))[0]]


def test_words_signs_and_emoji_stand_apart():
    text = cleaned(pl.Series(["Can't stop :) 3,000.5% 😂日本 <3 o'clock's"]), TextConfig())

    assert spaced(text, TextConfig())[0].split() == [
        "ca", "n't", "stop", ":)", "3,000.5", "%", "😂", "日", "本", "<3", "o'clock", "'s",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_0_and_unknown_is_1(kind):
    tokens = fitted(tokens=kind)

    assert tokens.names[:2] == (PADDING, UNKNOWN)
    assert read(tokens, "Ж")[-1] == UNKNOWN
    assert 0 not in tokens.read(pl.Series(["the <padding> cat <unknown>"]))[0]


def test_words_are_known_by_how_often_they_are_met():
    tokens = fitted(pl.Series(["b c a", "a b d d", "a", "e", "f", "f"]), least_often=2)

    assert tokens.names == (PADDING, UNKNOWN, "a", "b", "d", "f")


def test_no_more_tokens_are_known_than_wanted():
    texts = pl.Series([f"w{number % 50} w{number % 30}" for number in range(200)])

    for kind in KINDS:
        assert len(fitted(texts, tokens=kind, vocabulary=15).names) <= 17


def test_a_mark_is_one_token():
    for kind in KINDS:
        assert read(fitted(tokens=kind), "@bob")[-1] == "<user>"


def test_pieces_join_into_words():
    names = read(fitted(tokens="pieces"), "the cats sat")

    assert "".join(names).replace("▁", " ").strip() == "the cats sat"


def test_characters_are_single():
    assert read(fitted(tokens="characters"), "cat 😂") == ["c", "a", "t", " ", "😂"]


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_reads_texts_as_training_did(kind, tmp_path):
    tokens = fitted(tokens=kind)
    tokens.save(tmp_path)

    again = Tokens.load(tmp_path)

    texts = pl.Series(["The DOG #CatDog &amp; http://y.z", "", "mat " * 300])
    for found, expected in zip(again.read(texts), tokens.read(texts), strict=True):
        assert np.array_equal(found, expected)
    assert again.names == tokens.names


@pytest.mark.parametrize("kind", KINDS)
def test_equal_texts_give_equal_files(kind, tmp_path):
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        fitted(tokens=kind).save(folder)

    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other


def test_an_empty_text_is_one_unknown_token():
    ids, lengths = fitted().read(pl.Series(["", "the", "   "]))

    assert lengths.tolist() == [1, 1, 1]
    assert ids[[0, 2]].tolist() == [1, 1]


def test_texts_without_a_frequent_word_are_refused():
    with pytest.raises(DataError, match="no token is met 5 times"):
        fitted(pl.Series(["a b", "c d"]), least_often=5)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5), kind=st.sampled_from(KINDS))
def test_any_text_has_between_one_and_the_most_tokens(texts, kind):
    tokens = FITTED[kind]

    ids, lengths = tokens.read(pl.Series(texts, dtype=pl.String))

    assert len(ids) == lengths.sum()
    assert lengths.min() >= 1
    assert lengths.max() <= 7
    assert ids.min() >= 1
    assert ids.max() < len(tokens.names)


@settings(deadline=None)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_words_read_by_columns_are_those_that_the_saved_tokenizer_reads(texts):
    tokens = FITTED["words"]
    clean = cleaned(pl.Series([*texts, *TEXTS], dtype=pl.String), tokens.config)

    ids, _ = tokens.encode(clean)

    lines = tokens.tokenizer.encode_batch(spaced(clean, tokens.config).to_list())
    assert ids.tolist() == [token for line in lines for token in line.ids[:7] or [1]]


FITTED = {kind: fitted(tokens=kind, longest=7) for kind in KINDS}
