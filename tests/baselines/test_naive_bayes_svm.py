import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.margins import best_sharpness, log_loss, probabilities
from pipeline.baselines.naive_bayes_svm import NaiveBayesSvm, log_ratios


def test_the_log_ratios_worked_by_hand():
    rows = csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32))

    found = log_ratios(rows, np.array([True, True, False]))

    # with 1 added: 3, 2, 1 of 6 inside; 1, 1, 2 of 4 outside
    np.testing.assert_allclose(found, np.log([(3 / 6) / (1 / 4), (2 / 6) / (1 / 4), (1 / 6) / (2 / 4)]))


@pytest.mark.parametrize("classes", [2, 3])
def test_texts_are_told_by_words_that_favour_a_class(classes, sample_reader):
    random = np.random.default_rng(0)
    targets = np.arange(300) % classes
    texts = [np.append(random.integers(20, 80, size=9), [5 + target]) for target in targets]
    names = tuple("abc"[:classes])
    parts = [slice(0, 180), slice(180, 240), slice(240, 300)]
    train, val, test = (
        sample_reader(texts[part], targets[part], classes=names, kind="text", vocabulary=1000)
        for part in parts
    )
    rival = NaiveBayesSvm(max_rows=1000)
    rival.fit(train, val, seed=0)

    answer = answers(rival, test)

    assert (answer.argmax(axis=1) == targets[parts[2]]).mean() > 0.95


def test_a_class_without_training_texts_gets_probability_zero(sample_reader):
    texts = [np.array([5, 6]), np.array([7, 8])] * 10
    reader = sample_reader(
        texts, np.arange(20) % 2 * 2, classes=("a", "b", "c"), kind="text", vocabulary=1000
    )
    rival = NaiveBayesSvm(max_rows=100)
    rival.fit(reader, reader, seed=0)

    assert (answers(rival, reader)[:, 1] == 0).all()


def test_one_class_alone_leaves_it_out(sample_reader):
    reader = sample_reader([np.array([5])] * 3, [0, 0, 0], classes=("a", "b"), kind="text", vocabulary=1000)

    with pytest.raises(LeftOutError, match="two classes"):
        NaiveBayesSvm(max_rows=10).fit(reader, reader, seed=0)


def test_sharpness_makes_probabilities_fit_and_changes_no_answer():
    margins = np.array([[1.0, -1.0]] * 8, np.float32)
    targets = np.array([0] * 6 + [1] * 2)  # right in three of four

    sharpness = best_sharpness(margins, targets)
    found = probabilities(margins, sharpness)

    assert found[0, 0] == pytest.approx(0.75, abs=0.05)  # 2 · sharpness = log 3
    assert log_loss(margins, targets, sharpness) <= log_loss(margins, targets, 1.0)
    assert best_sharpness(margins[:0], targets[:0]) == 1.0
