import pytest

from pipeline.evaluation.judge import Standing
from pipeline.evaluation.verdict import verdict


def standing(name, role, accuracy, margin=None, bounds=None) -> Standing:
    return Standing(
        name=name,
        role=role,
        scores={"accuracy": accuracy},
        intervals={},
        margin=margin,
        margin_interval=bounds,
    )


MODEL = standing("cnn-lstm", "model", 0.9)


def judged(*others, **rest):
    lines = sorted([MODEL, *others], key=lambda line: -line.scores["accuracy"])
    return verdict(lines, head="classify", samples=1200, confidence=0.95, **rest)


def test_a_clear_win_is_told_with_its_difference_and_interval():
    told = judged(standing("logistic", "rival", 0.85, 0.05, (0.02, 0.08)))

    assert told.outcome == "beats"
    assert told.sentence == (
        "cnn-lstm beats the best rival logistic: accuracy 0.900 against 0.850, 0.050 better "
        "(95 % interval 0.020 to 0.080), on 1,200 test samples"
    )


def test_a_lead_within_noise_is_called_that():
    told = judged(standing("logistic", "rival", 0.89, 0.01, (-0.02, 0.04)))

    assert told.outcome == "within noise"
    assert told.headline == "cnn-lstm is within noise of the best rival logistic"
    assert "includes 0" in told.evidence


def test_being_behind_within_noise_does_not_sound_like_a_tie():
    told = judged(standing("logistic", "rival", 0.91, -0.01, (-0.03, 0.02)))

    assert told.outcome == "within noise"
    assert told.headline == "cnn-lstm does not beat the best rival logistic"
    assert "0.010 worse (95 % interval −0.020 to 0.030" in told.evidence


def test_losing_to_a_floor_stands_in_the_first_line():
    told = judged(standing("majority", "floor", 0.95, -0.05, (-0.07, -0.03)))

    assert told.outcome == "loses"
    assert told.headline == "cnn-lstm loses to the floor majority"


def test_a_floor_that_is_better_is_named_even_behind_a_better_rival():
    told = judged(
        standing("logistic", "rival", 0.97, -0.07, (-0.09, -0.05)),
        standing("majority", "floor", 0.95, -0.05, (-0.07, -0.03)),
    )

    assert "loses to the best rival logistic" in told.headline
    assert told.sentence.endswith("; it loses to majority too, which learns nothing")


def test_one_class_for_all_samples_stands_in_the_first_line():
    told = judged(standing("majority", "floor", 0.9, 0.0, (0.0, 0.0)), only_class="benign")

    assert told.outcome == "one class"
    assert told.headline == "cnn-lstm predicts one class only, 'benign', for every test sample"


def test_too_few_samples_prove_nothing():
    told = judged(standing("logistic", "rival", 0.85, 0.05))

    assert told.outcome == "within noise"
    assert told.headline == "cnn-lstm cannot be told from the best rival logistic"
    assert "too few independent samples" in told.evidence


def test_without_rivals_nothing_is_claimed():
    told = judged()

    assert told.outcome == "unrivalled"
    assert "nothing says whether that is good" in told.sentence


@pytest.mark.parametrize("name", ["x" * 300, "two\nlines", "<b>"])
def test_a_class_name_stays_on_one_short_line(name):
    told = judged(standing("majority", "floor", 0.9, 0.0, (0.0, 0.0)), only_class=name)

    assert "\n" not in told.sentence
    assert len(told.headline) < 110
