import numpy as np
import pytest

from pipeline.baselines import grams
from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.features import read_rows
from pipeline.baselines.grams import Grams
from pipeline.baselines.logistic import Logistic

VOCABULARY = 1000


def texts(sample_reader, ids, targets=None, **rest):
    """Return a reader over texts given as lists of token ids."""
    given = np.arange(len(ids)) % 2 if targets is None else targets
    rest = {"classes": ("a", "b"), "vocabulary": VOCABULARY} | rest
    return sample_reader([np.array(text) for text in ids], given, kind="text", **rest)


def fitted(reader, vocabulary=VOCABULARY):
    found = Grams(vocabulary)
    return found, found.fit(reader, np.arange(len(reader))).toarray()


def test_tokens_and_pairs_that_stand_in_two_texts_are_columns(sample_reader):
    reader = texts(sample_reader, [[5, 6, 7], [5, 6], [9, 8]])

    found, rows = fitted(reader)

    assert found.known.tolist() == [5, 6, 5 * VOCABULARY + 6]
    assert (rows > 0).tolist() == [[True] * 3, [True] * 3, [False] * 3]
    np.testing.assert_allclose(np.linalg.norm(rows[:2], axis=1), 1.0, rtol=1e-6)


def test_a_rare_token_weighs_more_than_a_frequent_one(sample_reader):
    reader = texts(sample_reader, [[5, 9], [5, 9], [5], [5], [5]])

    found, rows = fitted(reader)

    five, nine = found.known.tolist().index(5), found.known.tolist().index(9)
    assert rows[0, nine] > rows[0, five]


def test_padding_and_unknown_tokens_make_no_pair(sample_reader):
    reader = texts(sample_reader, [[5, 1, 6], [5, 1, 6], [5, 6, 7, 8]])

    found, _ = fitted(reader)

    assert found.known.tolist() == [1, 5, 6]  # 5 and 6 are neighbours in one text only; 0 never counts


def test_a_text_reads_the_same_whatever_longer_texts_stand_beside_it(sample_reader):
    reader = texts(sample_reader, [[5, 6, 7], [5, 6, 7], [5, 6, 7, 5, 6, 7, 8, 8, 8, 8]])
    found, _ = fitted(reader)

    alone, together = (read_rows(found, reader, np.array(which)).toarray() for which in ([0], [0, 2]))

    assert (alone[0] == together[0]).all()


def test_of_a_small_vocabulary_runs_of_four_are_read(sample_reader):
    reader = texts(sample_reader, [[2, 3, 4, 5], [2, 3, 4, 5]], vocabulary=30)

    found, _ = fitted(reader, vocabulary=30)

    assert len(found.known) == 4 + 3 + 2 + 1


def test_only_the_most_frequent_grams_are_kept(sample_reader, monkeypatch):
    monkeypatch.setattr(grams, "MOST_GRAMS", 1)
    reader = texts(sample_reader, [[5, 6], [5, 6], [5]])

    found, _ = fitted(reader)

    assert found.known.tolist() == [5]


def test_batches_and_the_whole_give_the_same_columns(sample_reader, monkeypatch):
    random = np.random.default_rng(0)
    ids = [random.integers(1, 40, size=random.integers(1, 9)) for _ in range(60)]
    whole, rows = fitted(texts(sample_reader, ids))
    monkeypatch.setattr("pipeline.baselines.base.BATCH_CELLS", 50)

    parts, in_parts = fitted(texts(sample_reader, ids))

    assert (whole.known == parts.known).all()
    np.testing.assert_allclose(rows, in_parts, rtol=1e-6)


def test_texts_without_tokens_leave_the_rival_out_with_the_reason(sample_reader):
    reader = texts(sample_reader, [[0], [0], [0], [0]])

    with pytest.raises(LeftOutError, match="no token"):
        Logistic(max_rows=10).fit(reader, reader, seed=0)


def test_logistic_regression_reads_what_only_pairs_of_words_tell(sample_reader):
    random = np.random.default_rng(3)
    ids, targets = [], []
    for index in range(400):  # "not good" and "good": the words are the same, their order is not
        text = list(random.integers(50, 90, size=8))
        at = int(random.integers(7))
        text[at : at + 2] = [10, 11] if index % 2 else [11, 10]
        ids.append(text)
        targets.append(index % 2)
    train, test = (
        texts(sample_reader, ids[:300], targets[:300]),
        texts(sample_reader, ids[300:], targets[300:]),
    )
    baseline = Logistic(max_rows=1000)
    baseline.fit(train, train, seed=0)

    answer = answers(baseline, test)

    assert (answer.argmax(axis=1) == np.array(targets[300:])).mean() > 0.95
