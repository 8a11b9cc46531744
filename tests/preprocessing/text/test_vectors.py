"""Vectors of tokens: from a file as it lies on disk, or from the training texts."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.text.cooccurrence import Neighbours
from pipeline.preprocessing.text.vectors import file_vectors

NAMES = ("<padding>", "<unknown>", "cat", "dog", "sat")
GLOVE = Path(__file__).parents[4] / "shared" / "datasets" / "glove_small" / "glove.6B.50d.txt"


def written(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("header", ["", "3 2\n"])
def test_a_file_of_glove_and_of_word2vec_read_alike(tmp_path, header):
    path = written(tmp_path, f"{header}the 9 9\ncat 1 2\ndog -0.5 1e-1 \n")

    vectors, notes = file_vectors(path, NAMES, seed=0)

    assert vectors.shape == (5, 2)
    assert vectors[[0, 2, 3]].tolist() == [[0, 0], [1, 2], [-0.5, pytest.approx(0.1)]]
    assert np.abs(vectors[4]).max() > 0
    assert "a vector for 2 of 3 tokens (67%)" in notes[0]


def test_a_last_line_without_an_end_is_left_out(tmp_path):
    vectors, notes = file_vectors(written(tmp_path, "cat 1 2\ndog 3 4\nsat 5 6"), NAMES, seed=0)

    assert vectors[4].tolist() != [5, 6]
    assert any("may have lost digits" in note for note in notes)


def test_words_with_spaces_and_capitals_are_found(tmp_path):
    path = written(tmp_path, "at name . 7 7\nCat 1 2\ndog 3 4\nDog 5 6\n")

    vectors, _ = file_vectors(path, NAMES, seed=0)

    assert vectors[2:4].tolist() == [[1, 2], [3, 4]]


def test_pieces_that_are_whole_words_are_found(tmp_path):
    vectors, _ = file_vectors(written(tmp_path, "cat 1 2\n"), ("<padding>", "<unknown>", "▁cat"), seed=0)

    assert vectors[2].tolist() == [1, 2]


def test_chance_is_seeded(tmp_path):
    path = written(tmp_path, "cat 1 2\n")

    one, same, other = (file_vectors(path, NAMES, seed=seed)[0] for seed in (0, 0, 1))

    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "begins with"),
        ("just some prose here\n", "begins with"),
        ("house 1 2\ntree 3 4\n", "a vector for none of the 5 tokens"),
        ("house 1 2\ncat 1 x\ndog 1\nsat 1 2\n", "2 of 4 lines are no word with 2 numbers"),
        ("house 1 2\ncat nan 1\ndog inf 2\nsat 1 2\n", "2 of 4 lines are no word with 2 numbers"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused(tmp_path, content, told):
    with pytest.raises(DataError, match=told):
        file_vectors(written(tmp_path, content), NAMES, seed=0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*nowhere.txt"):
        file_vectors(tmp_path / "nowhere.txt", NAMES, seed=0)


@pytest.mark.real
@pytest.mark.skipif(not GLOVE.is_file(), reason="glove_small of shared/datasets is not here")
def test_glove_as_it_lies_is_read():
    names = ("<padding>", "<unknown>", "the", "good", "``", "‘", "handed", "zzzyx")

    vectors, notes = file_vectors(GLOVE, names, seed=0)

    assert vectors.shape == (8, 50)
    assert vectors[2, 0] == pytest.approx(0.418)
    assert "5 words are not UTF-8" in " ".join(notes)
    assert "may have lost digits" in " ".join(notes)


def corpus(sentences, dimensions=4, seed=0):
    words = sorted({word for sentence in sentences for word in sentence.split()})
    index = {word: place + 2 for place, word in enumerate(words)}
    ids = np.array([index[word] for sentence in sentences for word in sentence.split()], np.int32)
    lengths = np.array([len(sentence.split()) for sentence in sentences])
    neighbours = Neighbours(len(words) + 2)
    neighbours.add(ids, lengths)
    return index, neighbours.vectors(dimensions, seed=seed)


def test_words_in_the_same_company_have_near_vectors():
    sentences = [
        f"the {beast} eats {food} daily" for beast in ("cat", "dog") for food in ("meat", "fish")
    ] * 5
    sentences += ["a car burns fuel fast", "a truck burns fuel fast"] * 5

    index, vectors = corpus(sentences)

    def likeness(one, other):
        one, other = vectors[index[one]], vectors[index[other]]
        return one @ other / np.linalg.norm(one) / np.linalg.norm(other)

    assert likeness("cat", "dog") > 0.9
    assert likeness("car", "truck") > 0.9
    assert likeness("cat", "car") < 0.5


def test_neighbours_do_not_reach_into_the_next_text():
    _, vectors = corpus(["a", "b", "a", "b"])

    assert np.array_equal(vectors, np.zeros_like(vectors))


def test_vectors_of_a_corpus_are_the_same_again_and_have_the_size_wanted():
    sentences = ["a b c d", "b c d e", "e a"] * 4

    (_, one), (_, other) = corpus(sentences, dimensions=12), corpus(sentences, dimensions=12)

    assert one.shape == (7, 12)
    assert np.array_equal(one, other)
    assert one[0].tolist() == [0.0] * 12
