"""Texts that are nearly the same are found; others are not taken for them."""

import numpy as np
import polars as pl
import pytest

from pipeline.leakage.texts import bands, jaccard
from pipeline.leakage.twins import text_twins, text_twins_in_pieces

WORDS = [f"w{number}" for number in range(4_000)]


def random_text(rng, words):
    return " ".join(rng.choice(WORDS, words))


def test_copies_are_found_behind_case_markup_and_addresses():
    texts = [
        "What a LOVELY day at the beach!!",
        "<p>what a lovely   day, at the beach</p>",
        "RT @anna what a lovely day at the beach https://t.co/x",
        "What an awful day at the office today",
    ]

    assert text_twins(texts, 0.9).tolist() == [0, 0, 0, 1]


def test_empty_texts_are_no_copies_of_each_other():
    assert text_twins(["", None, "  ", "words that say something"], 0.9).tolist() == [0, 1, 2, 3]


def test_texts_of_signs_only_are_compared_as_they_are():
    assert text_twins(["😀😀", "😀😀", "😢"], 0.9).tolist() == [0, 0, 1]


def test_short_texts_are_the_same_only_letter_by_letter():
    assert text_twins(["bad", "bad .", "bad", "so bad"], 0.9).tolist() == [0, 1, 0, 2]


def test_scripts_without_spaces_are_compared_sign_by_sign():
    one = "今日はとても良い天気なので海に行きました楽しかったです"

    assert text_twins(
        [one, one + "ね", "昨日は雨が降っていたので家で本を読みました面白かった"], 0.8
    ).tolist() == [0, 0, 1]


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.9])
def test_changed_copies_are_found_from_the_similarity_on(similarity):
    rng = np.random.default_rng(1)
    originals = [random_text(rng, 200) for _ in range(300)]
    changed = []
    for text in originals:
        words = text.split()
        for place in range(0, 200, 60 if similarity > 0.8 else 25):  # 4 or 8 changed words in 200
            words[place] = "changed"
        changed.append(" ".join(words))
    pairs = np.stack([np.arange(300), np.arange(300, 600)], axis=1)
    likeness = jaccard(pl.Series(originals + changed), pairs)

    twins = text_twins(originals + changed, similarity)

    found = twins[:300] == twins[300:]
    assert (found == (likeness >= similarity)).mean() > 0.99
    assert len(np.unique(twins)) == 600 - found.sum()


def test_one_word_in_a_long_text_does_not_hide_a_copy():
    rng = np.random.default_rng(2)
    text = random_text(rng, 300)
    other = " ".join([*text.split()[:150], "different", *text.split()[151:]])

    assert text_twins([text, random_text(rng, 300), other], 0.9).tolist() == [0, 1, 0]


@pytest.mark.parametrize("similarity", [0.2, 0.5, 0.8, 0.9, 0.99])
def test_a_pair_at_the_border_is_hardly_ever_missed(similarity):
    widths = {band.stop - band.start for band in bands(similarity)}

    assert (1 - similarity ** widths.pop()) ** len(bands(similarity)) <= 1e-3


def test_numbers_of_clusters_follow_the_first_texts():
    twins = text_twins(["a b c d e", "x y z u v", "a b c d e", "q r s t u", "x y z u v"], 1.0)

    assert twins.tolist() == [0, 1, 0, 2, 1]


def test_texts_in_pieces_are_compared_as_they_are_together():
    rng = np.random.default_rng(5)
    texts = pl.Series([random_text(rng, 30) for _ in range(300)] * 2 + ["", ""])

    found, looked_at = text_twins_in_pieces(lambda: [texts[:250], texts[250:]], 0.9)

    assert looked_at == 602
    assert np.array_equal(found, text_twins(texts, 0.9))


def test_of_more_texts_than_memory_is_set_aside_for_exact_copies_are_found_among_all(monkeypatch):
    rng = np.random.default_rng(5)
    first = [random_text(rng, 30) for _ in range(1_500)]
    copies = [text.upper() + "!" for text in first]
    near = [f"{text} more" for text in first]
    texts = pl.Series([*first, *copies, *near, "", ""])
    monkeypatch.setattr("pipeline.leakage.texts.WORKED_ON", 2_000_000)

    found, looked_at = text_twins_in_pieces(lambda: [texts[:2_000], texts[2_000:]], 0.8)

    assert 1_000 < looked_at < 4_502
    assert np.array_equal(found[1_500:3_000], found[:1_500])
    assert found[-2] != found[-1]
    added = found[3_000:4_500]
    assert 0 < (added == found[:1_500]).sum() < 1_500  # where it and one of its two others were looked at
    assert ((added == found[:1_500]) | ~np.isin(added, found[:3_000])).all()
