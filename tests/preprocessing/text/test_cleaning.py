"""Texts as people write them come into one form."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.preprocessing.config import TextConfig
from pipeline.preprocessing.text.cleaning import cleaned, tag_words


def clean(text, **settings):
    return cleaned(pl.Series([text], dtype=pl.String), TextConfig(**settings))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so <b>good</b><br />really &amp; truly", "so good really & truly"),
        ("<script>alert(1)</script>text<!-- no -->", "text"),
        ("I &lt;3 you, 2 < 3 and 4 > 3", "i <3 you, 2 < 3 and 4 > 3"),
        ("see https://t.co/Ab1 or www.x.org/a?b=c now", "see <url> or <url> now"),
        ("@bob and @Ann_1: mail me@home.org", "<user> and <user> : mail me@home.org"),
        ("#ILoveNLP", "<hashtag> i love nlp"),
        ("#COVID19 #snake_case #1", "<hashtag> covid 19 <hashtag> snake case #1"),
        ("soooo SOooO goooood", "soo soo good"),
        ("nice😂😂👩🏽‍🚀ok", "nice 😂 😂 👩🏽‍🚀 ok"),
        ("🇩🇪🇫🇷❤️", "🇩🇪 🇫🇷 ❤"),
        ("  two\u00a0\u3000words \x00\n", "two words"),
        ("ﬁne caf\u0065\u0301 can’t", "fine café can't"),
        (None, ""),
    ],
)
def test_social_text_comes_into_one_form(text, expected):
    assert clean(text) == expected


def test_what_is_not_asked_for_stays():
    assert clean("<b>Sooo</b> @Bob #ILoveNLP", social=False, lowercase=False) == "Sooo @Bob #ILoveNLP"
    assert clean("<b>x</b>", markup="keep") == "<b>x</b>"


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("ILoveNLP", ["I", "Love", "NLP"]),
        ("iPhone15Pro", ["i", "Phone", "15", "Pro"]),
        ("ÉlanVital", ["Élan", "Vital"]),
        ("firstworldproblems", ["firstworldproblems"]),
        ("THIS", ["THIS"]),
    ],
)
def test_a_hashtag_is_the_words_it_is_made_of(tag, words):
    assert tag_words(tag) == words


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_is_cleaned_to_single_spaces(text):
    found = clean(text)

    assert found == found.strip()
    assert "  " not in found
    assert "\n" not in found
