import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pipeline.baselines import logistic
from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.logistic import Logistic

NAMES = tuple("0123456789")


def digits(class_reader, rows):
    images, targets = load_digits(return_X_y=True)
    samples = images[rows].reshape(-1, 8, 8) / 16.0
    return class_reader(samples, targets[rows], NAMES), targets[rows]


def test_logistic_regression_reads_handwritten_digits(class_reader):
    train, _ = digits(class_reader, slice(0, 1200))
    baseline = Logistic(max_rows=20_000)
    baseline.fit(train, train, seed=0)
    test, targets = digits(class_reader, slice(1200, None))

    answer = answers(baseline, test)

    assert (answer.argmax(axis=1) == targets).mean() > 0.88
    np.testing.assert_allclose(answer.sum(axis=1), 1.0, atol=1e-5)
    assert baseline.parameters == 65 * 10


def test_noise_alone_gets_the_strongest_penalty(class_reader):
    random = np.random.default_rng(0)
    train = class_reader(random.normal(size=(100, 50, 1)), np.arange(100) % 2, classes=("a", "b"))
    val = class_reader(random.normal(size=(100, 50, 1)), np.arange(100) % 2, classes=("a", "b"))
    baseline = Logistic(max_rows=100)

    baseline.fit(train, val, seed=0)

    penalty = 1 / (baseline.model.C * 100)
    assert penalty == pytest.approx(max(logistic.PENALTIES))


def test_it_sees_at_most_max_rows_and_the_seed_says_which(class_reader):
    reader, _ = digits(class_reader, slice(0, 1200))
    answer = {}
    for seed in (1, 1, 2):
        baseline = Logistic(max_rows=150)
        baseline.fit(reader, reader, seed=seed)
        answer.setdefault(seed, []).append(answers(baseline, reader))

    assert (answer[1][0] == answer[1][1]).all()
    assert not np.allclose(answer[1][0], answer[2][0])


def test_a_fit_that_does_not_converge_prints_no_warning(class_reader, monkeypatch):
    monkeypatch.setattr(logistic, "ITERATIONS", 2)
    reader, _ = digits(class_reader, slice(0, 300))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Logistic(max_rows=1000).fit(reader, reader, seed=0)


def test_long_samples_are_averaged_down_to_a_bounded_number_of_features(class_reader):
    samples = np.random.default_rng(0).normal(size=(40, 5000, 2))
    samples[:20] += 0.2
    reader = class_reader(samples, np.arange(40) < 20, classes=("low", "high"))
    baseline = Logistic(max_rows=100)
    baseline.fit(reader, reader, seed=0)

    assert baseline.model.coef_.shape[1] <= logistic.MOST_FEATURES
    assert ((answers(baseline, reader).argmax(axis=1) == 1) == (np.arange(40) < 20)).all()


def test_a_class_without_training_samples_gets_probability_zero(class_reader):
    samples = np.random.default_rng(0).normal(size=(20, 3, 1))
    reader = class_reader(samples, np.arange(20) % 2 * 2, classes=("a", "b", "c"))
    baseline = Logistic(max_rows=100)
    baseline.fit(reader, reader, seed=0)

    assert (answers(baseline, reader)[:, 1] == 0).all()


def test_one_class_alone_leaves_it_out_with_the_reason(class_reader):
    reader = class_reader(np.zeros((5, 2, 1)), np.zeros(5), classes=("a", "b"))

    with pytest.raises(LeftOutError, match="two classes"):
        Logistic(max_rows=10).fit(reader, reader, seed=0)
