from typing import get_args

from pipeline.evaluation.division import WORDS, Division
from pipeline.preprocessing.config_split import SplitConfig


def test_every_kind_of_split_is_told_in_words():
    kinds = get_args(SplitConfig.model_fields["kind"].annotation)

    assert set(WORDS) == set(kinds)


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
