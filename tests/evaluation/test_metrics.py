import numpy as np
import pytest

from pipeline.evaluation.classify import ClassAnswer, ClassTruth, class_sums
from pipeline.evaluation.labels import LabelAnswer, LabelTruth, label_sums
from pipeline.evaluation.metrics import METRICS, ClassSums, ErrorSums, LabelSums, accuracy, auc, mse, r2

TARGET, PREDICTION = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
TRUE_PROBABILITY = np.array([1 / 2, 1 / 4, 1 / 2, 1 / 8])


def sums_of_four_samples(classes: int) -> ClassSums:
    probability = np.zeros((4, classes), np.float32)
    probability[np.arange(4), TARGET] = TRUE_PROBABILITY
    truth = ClassTruth(samples=None, classes=tuple("abcdef"[:classes]), target=TARGET)
    return ClassSums.split(class_sums(truth, ClassAnswer(PREDICTION, probability), plan=None).sum(axis=0))


@pytest.mark.parametrize("classes", [3, 5])
@pytest.mark.parametrize(
    ("name", "worked_by_hand"),
    [
        ("accuracy", 2 / 4),
        ("balanced_accuracy", (1 / 2 + 1 + 0) / 3),
        ("macro_f1", (2 / 3 + 2 / 4 + 0) / 3),
        ("log_loss", (1 + 2 + 1 + 3) / 4 * np.log(2)),
    ],
)
def test_class_metrics_have_the_value_worked_by_hand_and_ignore_absent_classes(name, worked_by_hand, classes):
    assert float(METRICS[name].score(sums_of_four_samples(classes))) == pytest.approx(worked_by_hand)


@pytest.mark.parametrize("labels", [3, 4])
@pytest.mark.parametrize(
    ("name", "worked_by_hand"),
    [
        ("macro_f1", (2 / 3 + 2 / 3 + 0) / 3),
        ("micro_f1", 2 * 2 / (3 + 4)),
        ("subset_accuracy", 1 / 3),
    ],
)
def test_label_metrics_have_the_value_worked_by_hand_and_ignore_absent_labels(name, worked_by_hand, labels):
    assert float(METRICS[name].score(sums_of_three_samples(labels))) == pytest.approx(worked_by_hand)


def test_the_hamming_loss_is_the_share_of_wrong_cells():
    assert float(METRICS["hamming_loss"].score(sums_of_three_samples(3))) == pytest.approx(3 / 9)


def sums_of_three_samples(labels: int) -> LabelSums:
    """Return one sample that is all right, one with a label too many, one with one missed and one added."""
    target, prediction = np.zeros((2, 3, labels), bool)
    target[0, 0] = target[1, 1] = target[2, 0] = True
    prediction[0, 0] = prediction[1, 1] = prediction[1, 2] = prediction[2, 1] = True
    truth = LabelTruth(samples=None, order=None, labels=tuple("abcd"[:labels]), target=target)
    answer = LabelAnswer(prediction, prediction.astype(np.float32))
    return LabelSums.split(label_sums(truth, answer, plan=None).sum(axis=0))


def error_sums(target, prediction) -> ErrorSums:
    """Sum over arrays ``(value, channel)``."""
    target, error = np.asarray(target, float), np.asarray(prediction, float) - target
    parts = [(error**2).sum(0), np.abs(error).sum(0), target.sum(0), (target**2).sum(0), [len(target)]]
    return ErrorSums.split(np.concatenate(parts))


@pytest.mark.parametrize(
    ("name", "worked_by_hand"),
    [("mse", 5 / 4), ("mae", 3 / 4), ("rmse", 1.25**0.5), ("r2", 1 - 5 / 5)],
)
def test_forecast_metrics_have_the_value_worked_by_hand(name, worked_by_hand):
    sums = error_sums([[1], [2], [3], [4]], [[1], [3], [3], [2]])  # errors 0, 1, 0, -2 around a mean of 2.5

    assert float(METRICS[name].score(sums)) == pytest.approx(worked_by_hand)


def test_channels_weigh_equally():
    sums = error_sums([[0, 0], [0, 0]], [[1, 3], [1, 3]])

    assert float(mse(sums)) == pytest.approx((1 + 9) / 2)


def test_a_channel_that_does_not_vary_has_no_part_in_r2_and_none_alone_is_undefined():
    half = error_sums([[1, 7], [3, 7]], [[1, 7], [2, 8]])

    assert float(r2(half)) == pytest.approx(1 - 1 / 2)
    assert np.isnan(r2(error_sums([[7], [7]], [[7], [8]])))


def test_resamples_are_scored_like_the_whole():
    one = sums_of_four_samples(3)
    stacked = ClassSums(*(np.stack([part, 2 * part]) for part in vars(one).values()))

    assert accuracy(stacked).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("is_positive", "score", "area"),
    [
        ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 3 / 4),  # three of four pairs are in order
        ([0, 1], [0.5, 0.5], 1 / 2),
        ([0, 1, 1], [0.9, 0.1, 0.2], 0.0),
        ([1, 1], [0.1, 0.2], None),
    ],
)
def test_auc_counts_ordered_pairs_and_halves_ties(is_positive, score, area):
    assert auc(np.asarray(is_positive), np.asarray(score, np.float32)) == area


def test_every_metric_says_which_way_is_better():
    assert {metric.better for metric in METRICS.values()} <= {"min", "max"}
    assert METRICS["accuracy"].better == METRICS["r2"].better == "max"
    assert METRICS["mse"].better == METRICS["log_loss"].better == "min"
