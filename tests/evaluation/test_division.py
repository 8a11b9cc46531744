from typing import get_args

import pytest

from pipeline.evaluation.division import FOLDS, WORDS, Division
from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.split.fold_units import FoldUnit


def test_every_kind_of_split_is_told_in_words():
    kinds = get_args(SplitConfig.model_fields["kind"].annotation)

    assert set(WORDS) == set(kinds)
    assert set(FOLDS) == set(get_args(FoldUnit))


def test_the_sentence_says_how_and_how_many():
    division = Division("group", {"test": 200, "train": 8000, "val": 1000})

    assert division.sentence == (
        "by group: the groups of the test split were never trained on; 8,000 train, 1,000 val, 200 test samples"
    )
    assert not division.is_by_time
    assert Division("walk").is_by_time


def test_an_unknown_split_claims_nothing():
    assert Division().short == ""
    assert Division().sentence == ""


@pytest.mark.parametrize(
    ("unit", "short", "how"),
    [
        ("time", "fold 2 of 5 by time", "into 5 blocks of time, of which number 2 tests"),
        ("groups", "fold 2 of 5 by group", "into 5 parts of whole groups, of which number 2 tests"),
        ("samples", "fold 2 of 5 of single samples", "into 5 parts of equal size, of which number 2 tests"),
    ],
)
def test_a_fold_says_which_of_how_many_it_is_and_what_folds_are_made_of(unit, short, how):
    division = Division("folds", {"train": 80, "test": 20}, fold=1, folds=5, folds_of=unit)

    assert division.short == short
    assert division.sentence.startswith(f"{how}: ")
    assert (division.is_by_time, division.is_by_group) == (unit == "time", unit == "groups")


def test_a_walk_says_which_of_its_parts_tests():
    division = Division("walk", {}, fold=0, folds=3)

    assert division.short == "split by time, part 1 of 3"
    assert division.sentence.endswith("what was learnt from the past (part 1 of 3)")
