import numpy as np
import pytest

from pipeline.evaluation.classify import ClassAnswer, ClassTruth, only_class
from pipeline.evaluation.judge import Standing
from pipeline.evaluation.panel import judge_classes
from pipeline.evaluation.verdict import Doubts, verdict
from pipeline.leakage.findings import Finding, Findings
from tests.evaluation.conftest import class_table, make_case, skilled


def standing(name, role, accuracy, margin=None, bounds=None, **scores) -> Standing:
    return Standing(
        name=name,
        role=role,
        scores={"accuracy": accuracy, **scores},
        intervals={},
        margin=margin,
        margin_interval=bounds,
    )


MODEL = standing("cnn-lstm", "model", 0.9)


def judged(*others, model=MODEL, **rest):
    lines = sorted([model, *others], key=lambda line: -line.scores["accuracy"])
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


def test_being_behind_within_noise_has_the_same_headline_and_tells_which_way():
    told = judged(standing("logistic", "rival", 0.91, -0.01, (-0.03, 0.02)))

    assert told.outcome == "within noise"
    assert told.headline == "cnn-lstm is within noise of the best rival logistic"
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
    told = judged(
        standing("majority", "floor", 0.9, 0.0, (0.0, 0.0)), doubts=Doubts("one class only, 'benign',")
    )

    assert told.outcome == "one class"
    assert told.headline == "cnn-lstm predicts one class only, 'benign', for every test sample"


def test_too_few_samples_prove_nothing():
    rival = standing("logistic", "rival", 0.85, 0.05)
    told = judged(rival, shortage="there are 3 independent groups")

    assert told.outcome == "within noise"
    assert told.headline == "cnn-lstm cannot be told from the best rival logistic"
    assert (
        "too few independent samples for an interval: there are 3 independent groups, and 5" in told.evidence
    )


def test_a_test_split_of_one_class_is_the_first_thing_said():
    floor = standing("majority", "floor", 1.0, -0.1, (-0.2, -0.05))
    told = judged(floor, doubts=Doubts(classes=("benign", "malign"), absent=["malign"]))

    assert told.outcome == "untested"
    assert told.headline == "only one class, 'benign', occurs in the test split: no score says anything"


def test_classes_that_no_test_sample_has_are_named_before_the_numbers():
    floor = standing("majority", "floor", 0.4, 0.5, (0.4, 0.6))
    told = judged(floor, doubts=Doubts(classes=("a", "b", "c"), absent=["b"]))

    assert told.outcome == "beats"
    assert told.evidence.startswith("1 of 3 classes ('b') never occurs in the test split")


def test_a_training_that_stopped_too_early_is_told():
    told = judged(standing("logistic", "rival", 0.91, -0.01, (-0.03, 0.02)), improving=True)

    assert told.sentence.endswith("; still improving when training stopped: raise training.epochs")


def test_scores_that_differ_are_told_with_digits_that_differ():
    model = standing("cnn-lstm", "model", 0.05512)
    told = judged(standing("logistic", "rival", 0.05498, 0.00014, (-0.002, 0.003)), model=model)

    assert "accuracy 0.0551 against 0.0550, 0.0001 better" in told.evidence


def test_a_floor_that_is_ahead_by_the_second_metric_is_told():
    model = standing("cnn-lstm", "model", 0.9, macro_f1=0.4)
    told = judged(standing("majority", "floor", 0.89, 0.01, (0.005, 0.02), macro_f1=0.47), model=model)

    assert told.outcome == "beats"
    assert told.evidence.endswith("; but by macro F1 the floor majority is ahead, 0.470 against 0.400")


def test_without_rivals_nothing_is_claimed():
    told = judged()

    assert told.outcome == "unrivalled"
    assert "nothing says whether that is good" in told.sentence


@pytest.mark.parametrize("name", ["x" * 300, "two\nlines", "<b>"])
def test_a_class_name_stays_on_one_short_line(name):
    truth = ClassTruth(samples=None, classes=(name, "b"), target=np.array([0, 1]))
    only = only_class(truth, ClassAnswer(np.array([0, 0]), np.ones((2, 2), np.float32)))
    told = judged(standing("majority", "floor", 0.9, 0.0, (0.0, 0.0)), doubts=Doubts(only))

    assert told.outcome == "one class"
    assert "\n" not in told.sentence
    assert len(told.headline) < 110


LEAK = Finding(
    check="copies", severity="leak", sentence="12 of 300 test texts stand in train. Set duplicates=together."
)
WARNING = Finding(check="size", severity="warning", sentence="The image size tells the class.")


def test_a_leak_stands_in_the_first_line_with_its_reason():
    rival = standing("logistic", "rival", 0.85, 0.05, (0.02, 0.08))
    told = judged(rival, findings=Findings(findings=(LEAK,)))

    assert told.outcome == "inflated"
    assert told.headline == (
        "cnn-lstm beats the best rival logistic, but its test score may be inflated by 1 leak"
    )
    assert told.evidence.startswith(
        "12 of 300 test texts stand in train. Set duplicates=together; accuracy 0.900"
    )


def test_a_model_that_loses_is_not_excused_by_a_leak():
    told = judged(
        standing("majority", "floor", 0.95, -0.05, (-0.07, -0.03)), findings=Findings(findings=(LEAK, LEAK))
    )

    assert told.outcome == "loses"
    assert told.headline == (
        "cnn-lstm loses to the floor majority, and its test score may be inflated by 2 leaks"
    )
    assert "(and 1 leak more)" in told.evidence


def test_warnings_are_counted_in_the_evidence_and_claim_nothing():
    rival = standing("logistic", "rival", 0.85, 0.05, (0.02, 0.08))
    told = judged(rival, findings=Findings(findings=(WARNING,)))

    assert told.outcome == "beats"
    assert told.evidence.endswith("; the leakage audit has 1 warning")


def test_an_audit_that_found_nothing_leaves_the_verdict_alone():
    rival = standing("logistic", "rival", 0.85, 0.05, (0.02, 0.08))
    fine = Finding(check="copies", severity="none", sentence="No test text stands in train.")

    assert judged(rival, findings=Findings(findings=(fine,))) == judged(rival)


def gains(*lines):
    """Lines with how far each is ahead of the floor, and half the width of the interval of that."""
    return [
        standing(name, role, 0.5 + gain, 0.0, (-0.05, 0.05)).model_copy(
            update={"gain": gain, "gain_interval": (gain - half, gain + half)}
        )
        for name, role, gain, half in lines
    ]


FLOOR = standing("majority", "floor", 0.5, 0.02, (-0.01, 0.05))


def test_where_nothing_that_learns_is_clearly_ahead_of_the_floor_there_is_no_signal():
    model, logistic = gains(("cnn-lstm", "model", 0.01, 0.03), ("logistic", "rival", 0.02, 0.03))
    logistic = logistic.model_copy(update={"margin": -0.01, "margin_interval": (-0.04, 0.02)})

    told = judged(logistic, FLOOR, model=model)

    assert told.outcome == "no signal"
    assert told.sentence == (
        "cnn-lstm finds no signal, as nothing that learns is clearly ahead of the floor majority: accuracy 0.510 "
        "against 0.520 of the best rival logistic, 0.010 worse (95 % interval −0.020 to 0.040, which includes 0: "
        "within noise), and 0.500 of majority, on 1,200 test samples"
    )


def test_a_rival_that_is_clearly_ahead_of_the_floor_has_found_a_signal():
    model, *others = gains(("cnn-lstm", "model", 0.02, 0.03), ("logistic", "rival", 0.04, 0.03))

    assert judged(*others, FLOOR, model=model).outcome == "within noise"


def test_of_many_one_has_to_be_further_ahead_than_one_alone():
    crowd = [(f"rival {number}", "rival", 0.0, 0.03) for number in range(9)]
    model, *others = gains(("cnn-lstm", "model", 0.02, 0.03), ("logistic", "rival", 0.04, 0.03), *crowd)

    assert judged(*others, FLOOR, model=model).outcome == "no signal"


def test_of_few_independent_samples_one_has_to_be_further_ahead_than_of_many():
    model, *others = gains(("cnn-lstm", "model", 0.02, 0.03), ("logistic", "rival", 0.036, 0.03))

    assert judged(*others, FLOOR, model=model).outcome == "within noise"
    assert judged(*others, FLOOR, model=model, independent=5.0).outcome == "no signal"


@pytest.mark.parametrize("rivals", [(), (("logistic", "rival", 0.01, 0.03),)])
def test_who_loses_to_the_floor_loses_whatever_else_was_not_found(rivals):
    model, *others = gains(("cnn-lstm", "model", -0.05, 0.03), *rivals)

    told = judged(*others, standing("majority", "floor", 0.5, -0.05, (-0.08, -0.02)), model=model)

    assert told.outcome == "loses"
    assert told.headline == "cnn-lstm loses to the floor majority, and no signal was found"
    assert told.evidence.startswith("nothing that learns is clearly ahead of the floor majority; ")
    assert ("of the best rival logistic" in told.evidence) == bool(rivals)


@pytest.mark.parametrize("bounds", [(0.0, 0.0), (-0.08, -0.02)])
def test_one_class_of_noise_is_told_as_both(bounds):
    model, *others = gains(("cnn-lstm", "model", 0.0, 0.0), ("logistic", "rival", 0.01, 0.03))

    told = judged(
        *others,
        standing("majority", "floor", 0.5, 0.0, bounds),
        model=model,
        doubts=Doubts(collapsed="one class only, 'a',"),
    )

    assert told.outcome == "one class"
    assert told.evidence.startswith(
        "no signal was found, as nothing that learns is clearly ahead of the floor majority; "
    )


def test_a_score_that_is_no_number_tells_nothing_about_a_signal():
    model, *others = gains(("cnn-lstm", "model", 0.01, 0.03), ("logistic", "rival", float("nan"), 0.03))

    assert judged(*others, FLOOR, model=model).outcome != "no signal"


def test_without_intervals_nobody_can_tell_whether_there_is_a_signal():
    told = judged(standing("majority", "floor", 0.5, 0.4), model=MODEL.model_copy(update={"gain": 0.4}))

    assert told.outcome == "within noise"
    assert "no signal" not in told.sentence


def outcome_of(skills, seed, count=200):
    """Return the verdict on models of such skills (0: none) and a floor that always says the same."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 2, count)
    tables = {
        name: class_table(target, skilled(random, target, 2, skill), ("a", "b"))
        for name, skill in skills.items()
    }
    tables["floor_majority"] = class_table(target, np.tile([0.6, 0.4], (count, 1)), ("a", "b"))
    return judge_classes(make_case(tables, resamples=300)).verdict


def test_in_noise_no_signal_is_found_nineteen_times_in_twenty():
    skills = dict.fromkeys(("cnn-lstm", "logistic", "trees", "rocket"), 0.0)

    told = [outcome_of(skills, seed) for seed in range(100)]

    assert sum("no signal" in each.sentence for each in told) >= 95


def test_where_one_of_them_has_learnt_something_nobody_says_that_there_is_no_signal():
    skills = {"cnn-lstm": 0.0, "logistic": 1.0, "trees": 0.0}

    told = [outcome_of(skills, seed) for seed in range(20)]

    assert not any("no signal" in each.sentence for each in told)
