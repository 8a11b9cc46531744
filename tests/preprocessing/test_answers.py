"""Targets become numbers, and what is learnt of them comes from training alone."""

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.answers import encode_answers, first_classes
from pipeline.preprocessing.question import Question

CODES = np.array([0, 0, 0, 0, 1, 2, -1], np.int8)
CLASSIFY, MULTILABEL, REGRESS = Question("classify"), Question("multilabel"), Question("regress")


def test_classes_are_in_natural_order_and_counted_over_training():
    answers = encode_answers(pl.Series(["10", "9", "10", "10", "9", "10", None]), CLASSIFY, CODES)

    assert answers.classes == ("9", "10")
    assert answers.values.dtype == np.int64
    assert answers.values.tolist() == [1, 0, 1, 1, 0, 1, -1]
    assert answers.class_counts == (1, 3)


def test_a_class_that_training_never_sees_is_refused():
    with pytest.raises(DataError, match="no training sample has the class c"):
        encode_answers(pl.Series(["a", "b", "a", "b", "a", "c", "a"]), CLASSIFY, CODES)


def test_a_class_outside_the_split_does_not_matter():
    answers = encode_answers(pl.Series(["a", "b", "a", "b", "a", "b", "z"]), CLASSIFY, CODES)

    assert answers.classes == ("a", "b")


def test_a_sample_without_a_class_is_named():
    with pytest.raises(DataError, match=r"1 samples have no target \(empty in photo 4\)"):
        encode_answers(
            pl.Series(["a", "b", "a", "b", None, "b", "a"]),
            CLASSIFY,
            CODES,
            origins=pl.Series([f"photo {index}" for index in range(7)]),
        )


def test_labels_of_a_cell_become_a_row_of_zeros_and_ones():
    cells = pl.Series(["joy, fear", "fear", "joy,joy", "", "fear", "joy", "anger"])

    answers = encode_answers(cells, MULTILABEL, CODES)

    assert answers.classes == ("fear", "joy")
    assert answers.values.dtype == np.float32
    assert answers.values.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0], [1, 0], [0, 1], [0, 0]]
    assert answers.class_counts == (2, 2)
    assert answers.notes == (
        "1 of 6 samples have none of the 2 labels, as is allowed: the right answer for them is no label",
    )


def test_a_label_that_training_never_sees_is_left_out_and_told():
    cells = pl.Series(["joy", "fear", "joy", "fear", "fear,anger", "joy", "x"])

    answers = encode_answers(cells, MULTILABEL, CODES)

    assert answers.classes == ("fear", "joy")
    assert answers.values[4].tolist() == [1, 0]
    assert "1 labels occur in no training sample and were left out, such as anger" in answers.notes


def test_numbers_are_scaled_by_training_and_come_back():
    raw = ["1", "2", " 3.5 ", "1e1", "-7", "0", "not a number"]

    answers = encode_answers(pl.Series(raw), REGRESS, CODES)

    back = answers.values[:6, 0] * answers.target_scale + answers.target_offset
    assert answers.values.shape == (7, 1)
    assert answers.target_offset == pytest.approx(np.mean([1, 2, 3.5, 10]))
    assert answers.target_scale == pytest.approx(np.std([1, 2, 3.5, 10]))
    assert np.allclose(back, [1, 2, 3.5, 10, -7, 0], atol=1e-5)


@pytest.mark.parametrize("cell", ["twelve", "", None, "nan", "inf", "1,5"])
def test_a_cell_that_is_no_number_is_refused_with_its_place(cell):
    targets = pl.Series(["1", "2", "3", "4", cell, "6", "7"], dtype=pl.String)

    with pytest.raises(DataError, match=r"1 samples have a target that is no number \(.* in 4\)"):
        encode_answers(targets, REGRESS, CODES)


def test_a_split_can_keep_shares_of_the_first_label_and_of_no_number():
    labels = first_classes(pl.Series(["b,a", "a", None, ""]), MULTILABEL)

    assert labels is not None
    assert labels.tolist() == [1, 0, -1, -1]
    assert first_classes(pl.Series(["1.5", "2.5"]), REGRESS) is None
