import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.labels import (
    absent_labels,
    farthest,
    label_answer,
    label_truth,
    only_labels,
    taken_for,
)
from pipeline.evaluation.panel import judge_labels
from pipeline.foundation.errors import DataError

NAMES = ("joy", "fear", "awe")


def changed(case, name, change):
    """Return ``case`` with one table changed."""
    tables = {**case.tables, name: [change(case.tables[name][0].collect()).lazy()]}
    return type(case)(**{**vars(case), "tables": tables})


def read(case):
    table = case.tables["cnn-lstm"][0].collect()
    truth = label_truth(table, "cnn-lstm")
    return truth, label_answer(table, truth, "cnn-lstm")


def always(*labels):
    """Return a change of a table after which it predicts just these labels for every sample."""
    return lambda table: table.with_columns(prediction=pl.col("label").is_in(labels))


def test_several_labels_are_judged_by_macro_f1_beside_rival_and_floor(label_case):
    judged = judge_labels(label_case(NAMES))

    assert [line.name for line in judged.lines] == ["cnn-lstm", "logistic", "floor_majority"]
    model, rival, floor = judged.lines
    assert set(model.scores) == {"macro_f1", "micro_f1", "subset_accuracy", "hamming_loss", "auc"}
    assert rival.margin == pytest.approx(model.scores["macro_f1"] - rival.scores["macro_f1"])
    assert rival.margin_interval[0] < rival.margin < rival.margin_interval[1]
    assert floor.scores["auc"] == pytest.approx(0.5)
    assert judged.verdict.headline == "cnn-lstm beats the best rival logistic"
    assert "on 400 test samples" in judged.verdict.evidence


def test_intervals_are_drawn_over_samples_and_not_over_the_rows_of_the_table(label_case):
    judged = judge_labels(label_case(NAMES, count=50))

    assert judged.how == "50 single samples"


def test_samples_of_one_group_are_drawn_together(label_case):
    judged = judge_labels(label_case(NAMES, count=60, groups=[f"speaker {n % 6}" for n in range(60)]))

    assert judged.how == "6 whole groups"


def test_the_same_labels_for_all_samples_are_the_headline(label_case):
    case = changed(label_case(NAMES), "cnn-lstm", always("joy", "awe"))

    told = judge_labels(case).verdict

    assert told.outcome == "one class"
    assert told.headline == ("cnn-lstm predicts the same labels, 'joy' and 'awe', for every test sample")


def test_no_label_for_any_sample_is_the_headline(label_case):
    told = judge_labels(changed(label_case(NAMES), "cnn-lstm", always())).verdict

    assert told.headline == "cnn-lstm predicts no label at all for every test sample"


def test_a_model_worse_than_its_floor_says_so_in_the_first_line(label_case):
    told = judge_labels(label_case(NAMES, skills=(-3.0, -3.0))).verdict

    assert told.outcome == "loses"
    assert told.headline == "cnn-lstm loses to the floor floor_majority, and no signal was found"


def test_a_label_that_no_test_sample_has_is_told_and_does_no_harm(label_case):
    case = label_case(NAMES)
    for name in case.tables:
        case = changed(
            case, name, lambda table: table.with_columns(target=pl.col("target") & (pl.col("label") != "awe"))
        )

    judged = judge_labels(case)

    assert absent_labels(judged.details.truth) == ["awe"]
    assert judged.verdict.evidence.startswith("1 of 3 labels ('awe') never occurs in the test split")
    assert all(np.isfinite(list(line.scores.values())).all() for line in judged.lines)


def test_a_test_split_without_any_label_is_refused(label_case):
    case = changed(
        label_case(NAMES), "cnn-lstm", lambda table: table.with_columns(target=pl.lit(value=False))
    )

    with pytest.raises(DataError, match="none of the 400 test samples has any of the 3 labels"):
        judge_labels(case)


def test_a_single_sample_is_judged_without_intervals(label_case):
    judged = judge_labels(label_case(NAMES, count=1))

    assert judged.how is None
    assert "there is 1 independent sample, and 5 are needed" in judged.verdict.evidence


def test_all_right_does_not_claim_certainty(label_case):
    judged = judge_labels(label_case(NAMES, count=40, skills=(90.0, 0.0)))

    assert judged.lines[0].scores["subset_accuracy"] == 1.0
    assert 0.85 < judged.lines[0].intervals["subset_accuracy"][0] < 0.95


@pytest.mark.parametrize("name", ["cnn-lstm", "logistic"])
def test_probabilities_that_are_nan_are_refused_by_the_model_s_name(label_case, name):
    nan = pl.lit(float("nan"), pl.Float32)
    case = changed(label_case(NAMES), name, lambda table: table.with_columns(probability=nan))

    with pytest.raises(DataError, match=f"1,200 of 1,200 probabilities of {name} are NaN"):
        judge_labels(case)


def test_a_table_out_of_order_or_of_other_samples_is_refused(label_case):
    shuffled = changed(label_case(NAMES), "cnn-lstm", lambda table: table.sort("label", "sample_id"))
    other = changed(label_case(NAMES), "logistic", lambda table: table.head(300))

    with pytest.raises(DataError, match="not ordered by sample and label"):
        judge_labels(shuffled)
    with pytest.raises(DataError, match="logistic answered other test samples"):
        judge_labels(other)


def test_what_is_said_in_place_of_what_is_counted_by_sample(label_case):
    case = changed(label_case(NAMES, count=30), "cnn-lstm", always("fear"))
    truth, answer = read(case)

    counts = taken_for(truth, answer)

    missed = truth.target[:, 0] & ~truth.target[:, 1]
    assert counts[0, 1] == missed.sum() > 0  # joy was there, fear was not, and fear was said
    assert counts[:, 0].sum() == 0
    assert only_labels(truth, answer) == "the same label, 'fear',"


def test_the_samples_with_the_most_wrong_labels_come_first(label_case):
    truth, answer = read(label_case(NAMES, skills=(0.5, 0.5)))

    wrong = (truth.target != answer.prediction).sum(axis=1)[farthest(truth, answer, 20)]

    assert wrong[0] == 3
    assert (np.diff(wrong) <= 0).all()
