import numpy as np
import polars as pl
import pytest

from pipeline.comparison.committee import mean_answer, stacked_answer
from pipeline.foundation.errors import ConfigError


def classes(*shares, target=("a", "b", "a")):
    shares = np.asarray(shares, np.float32)
    return pl.DataFrame(
        {
            "sample_id": range(len(shares)),
            "target": list(target),
            "prediction": ["ab"[row.argmax()] for row in shares],
            "probability_a": shares[:, 0],
            "probability_b": shares[:, 1],
        }
    )


def numbers(values, target):
    return pl.DataFrame(
        {"channel": ["x"] * len(values), "target": target, "prediction": np.asarray(values, np.float32)}
    )


def test_a_committee_says_the_mean_of_its_members_probabilities():
    sure, unsure = classes([0.9, 0.1], [0.2, 0.8], [0.4, 0.6]), classes([0.4, 0.6], [0.4, 0.6], [0.7, 0.3])

    together = mean_answer([sure, unsure])

    assert together["probability_a"].to_list() == pytest.approx([0.65, 0.3, 0.55])
    assert together["prediction"].to_list() == ["a", "b", "a"]


def test_labels_are_predicted_from_the_mean_threshold_on():
    table = pl.DataFrame(
        {"label": ["x", "y"] * 2, "prediction": [True] * 4, "probability": [0.2, 0.2, 0.9, 0.9]}
    )

    together = mean_answer([table, table], thresholds=[0.1, 0.3])

    assert together["prediction"].to_list() == [True, False, True, True]


def test_a_stack_trusts_the_member_that_is_right_about_samples_it_had_not_seen():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=200)
    good, poor = truth + generator.normal(scale=0.1, size=200), generator.normal(size=200)
    unseen = [numbers(good, truth), numbers(poor, truth)]

    answer = stacked_answer(
        [numbers([1.0, 2.0], [1.0, 2.0]), numbers([9.0, 9.0], [1.0, 2.0])], unseen, seed=0
    )

    assert answer["prediction"].to_list() == pytest.approx([1.0, 2.0], abs=0.3)


def test_a_stack_of_classes_turns_round_a_member_that_is_always_wrong():
    target = ["a", "b"] * 50
    wrong = classes(*[[0.1, 0.9] if name == "a" else [0.9, 0.1] for name in target], target=target)

    answer = stacked_answer([wrong], [wrong], seed=0)

    assert (answer["prediction"] == answer["target"]).all()


def test_a_stack_of_labels_is_refused_in_a_sentence():
    table = pl.DataFrame({"label": ["x"], "target": [True], "prediction": [True], "probability": [0.2]})

    with pytest.raises(ConfigError, match="use combine=mean"):
        stacked_answer([table], [table], seed=0)
