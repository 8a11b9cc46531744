"""A bundle reads a text as training does, with Python's own regular expressions."""

import json

import polars as pl
import pytest

from pipeline.export.patterns import text_patterns
from pipeline.export.scoring import texts
from pipeline.preprocessing.config import TextConfig
from pipeline.preprocessing.text.cleaning import cleaned
from pipeline.preprocessing.text.tokens import spaced

STRANGE = [
    "👨‍👩‍👧 🇩🇪🇫🇷 3⃣ 👍🏽 SOooo <b>bold</b> don't WON'T &amp; #ILoveNLP www.x.y @a_b mail@there.net",
    "日本語テキスト ①½ नमस्ते a\u0301b it's <3 <333 :-) ;P 1,000.5 ’quoted’ ﬁ Straße ΟΔΟΣ",
    "<script>alert(1)</script>left<!-- gone -->right <style a>x</style > a < b",
    "http://a.b\tc HTTPS://X.Y/z pic.twitter.com/q #1a #a1 ##x &lt;url&gt; <url> #été_2026",
    "", "   ", "\u200d\ufe0f", "soooo looooong!!! aaa", "x\x1fy\u2028z", "İstanbul ſharp",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "patterns.json").write_text(json.dumps(text_patterns()), encoding="utf-8")
    return folder


@pytest.mark.parametrize("social", [True, False])
@pytest.mark.parametrize("markup", ["strip", "keep"])
def test_strange_texts_are_cleaned_as_in_training(folder, social, markup):
    config = TextConfig(social=social, markup=markup)
    fitted = {"folder": str(folder), "social": social, "markup": markup, "lowercase": True}

    found = [texts.cleaned(text, fitted) for text in STRANGE]

    assert found == cleaned(pl.Series(STRANGE), config).to_list()


def test_clean_texts_are_parted_as_in_training(folder):
    config = TextConfig()
    clean = cleaned(pl.Series(STRANGE), config)
    said = texts._expressions(folder)

    parted = [said["contracted"].sub(r"\1 \2", text) for text in clean]
    found = [" ".join(match[0] for match in said["parts"].finditer(text)) for text in parted]

    assert found == spaced(clean, config).to_list()
