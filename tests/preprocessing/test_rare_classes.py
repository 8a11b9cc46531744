"""Classes with too few training samples are read as one, by what training alone says."""

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.answers import encode_answers, first_classes
from pipeline.preprocessing.config_base import RareClassesConfig
from pipeline.preprocessing.question import Question

RARE = RareClassesConfig(fewest=2, into="other")
CODES = np.array([0, 0, 0, 0, 0, 1, 2, 2], np.int8)


def answers(cells, *, head="classify", rare=RARE, codes=CODES):
    return encode_answers(pl.Series(cells), Question(head, rare=rare), codes)


def test_a_rare_class_and_one_that_training_never_sees_become_the_same_in_every_part():
    found = answers(["joy", "joy", "joy", "awe", "rage", "awe", "hope", "joy"])

    assert found.classes == ("joy", "other")
    assert found.values.tolist() == [0, 0, 0, 1, 1, 1, 1, 0]
    assert found.class_counts == (3, 2)
    assert found.merging.names == ("awe", "hope", "rage")


def test_what_is_merged_is_told():
    found = answers(["joy", "joy", "joy", "awe", "rage", "awe", "hope", "joy"])

    assert found.notes == (
        "2 classes with fewer than 2 training samples (awe, rage), 2 training samples together, are read as 'other'",
        "1 class of val and test that training never sees (hope) is read as 'other'",
    )


def test_val_and_test_decide_nothing_about_what_is_rare():
    often_in_test = answers(["joy", "joy", "joy", "joy", "awe", "joy", "awe", "awe"])

    assert often_in_test.merging.rare == ("awe",)


def test_a_class_that_has_the_common_name_takes_the_rare_ones_in():
    found = answers(["joy", "joy", "other", "awe", "other", "other", "awe", "joy"])

    assert found.classes == ("joy", "other")
    assert found.class_counts == (2, 3)
    assert found.merging.names == ("awe",)


def test_nothing_is_merged_unless_it_is_asked_for():
    found = answers(["joy", "joy", "joy", "awe", "rage", "awe", "rage", "joy"], rare=RareClassesConfig())

    assert found.classes == ("awe", "joy", "rage")
    assert found.merging.names == () and found.notes == ()


def test_classes_never_seen_are_refused_where_training_has_no_rare_ones_to_learn_from():
    with pytest.raises(DataError, match=r"val or test ask for hope, which training never sees.*'other' from"):
        answers(["joy", "joy", "awe", "awe", "awe", "joy", "hope", "awe"])


def test_when_all_classes_are_rare_there_is_nothing_to_tell_apart():
    with pytest.raises(DataError, match=r"the target has 1 class \(other\)"):
        answers(["a", "b", "c", "d", "e", "a", "b", "c"])


def test_rare_labels_become_one_label_that_a_sample_has_once():
    cells = ["joy", "joy,awe", "joy,awe,rage", "fear", "fear,hope", "hope", "new", "fear,new,joy"]
    found = answers(cells, head="multilabel", rare=RareClassesConfig(fewest=2, into="rare"))

    assert found.classes == ("awe", "fear", "joy", "rare")
    assert found.values[2].tolist() == [1, 0, 1, 1]
    assert found.values[6].tolist() == [0, 0, 0, 1]
    assert found.values[7].tolist() == [0, 1, 1, 1]
    assert found.class_counts == (2, 2, 3, 2)


def test_a_split_keeps_the_share_of_all_rare_classes_together():
    cells = pl.Series(["joy"] * 4 + ["a", "b", "c", "d"])

    alone = first_classes(cells, Question("classify"))
    together = first_classes(cells, Question("classify", rare=RARE))

    assert len(np.unique(alone)) == 5 and len(np.unique(together)) == 2
