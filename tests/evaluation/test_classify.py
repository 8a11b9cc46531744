import numpy as np
import pytest

from pipeline.evaluation.classify import (
    ClassAnswer,
    ClassTruth,
    confusion,
    only_class,
    reliability,
    surest_mistakes,
)


def answered(target, prediction, confidence) -> tuple[ClassTruth, ClassAnswer]:
    """Return two classes' truth and an answer that gives ``prediction`` with ``confidence``."""
    target, prediction = np.asarray(target), np.asarray(prediction)
    probability = np.zeros((len(target), 2), np.float32)
    probability[np.arange(len(target)), prediction] = confidence
    probability[np.arange(len(target)), 1 - prediction] = 1 - np.asarray(confidence)
    return ClassTruth(samples=None, classes=("a", "b"), target=target), ClassAnswer(prediction, probability)


def test_confusion_counts_rows_of_truth_and_columns_of_answers():
    truth, answer = answered([0, 0, 1, 1], [0, 1, 1, 1], [0.9] * 4)

    assert confusion(truth, answer).tolist() == [[1, 1], [0, 2]]


def test_the_surest_mistakes_come_first():
    truth, answer = answered([0, 0, 0, 1], [1, 1, 0, 0], [0.6, 0.9, 0.99, 0.7])

    assert surest_mistakes(truth, answer, 2).tolist() == [1, 3]


def test_probabilities_are_compared_with_how_often_they_were_right():
    target = [0] * 100
    truth, answer = answered(target, [0] * 30 + [1] * 10 + [0] * 57 + [1] * 3, [0.75] * 40 + [0.95] * 60)

    bins = reliability(truth, answer)

    assert bins == [(pytest.approx(0.75), 0.75, 40), (pytest.approx(0.95), 0.95, 60)]


def test_a_lonely_sample_makes_no_bin_of_its_own():
    truth, answer = answered([0] * 21, [1] + [0] * 20, [0.55] + [0.95] * 20)

    (only,) = reliability(truth, answer)

    assert only[1:] == (pytest.approx(20 / 21), 21)


@pytest.mark.parametrize(("target", "prediction", "told"), [
    ([0, 1], [1, 1], "one class only, 'b',"),
    ([0, 1], [0, 1], None),
    ([1, 1], [1, 1], None),  # the test split itself has one class
])  # fmt: skip
def test_one_class_for_all_is_noticed_where_several_occur(target, prediction, told):
    truth, answer = answered(target, prediction, [0.9, 0.9])

    assert only_class(truth, answer) == told
