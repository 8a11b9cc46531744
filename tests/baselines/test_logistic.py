import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pipeline.baselines import dense, labels, logistic
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

    assert baseline.model.penalty == pytest.approx(max(logistic.PENALTIES))
    assert pytest.approx(1 / (100 * max(logistic.PENALTIES))) == baseline.model.model.C


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

    assert baseline.model.model.coef_.shape[1] <= dense.MOST_FEATURES
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


def several(random, count, noise):
    """Return samples in which each of three labels lifts a step of its own, and these labels."""
    has = random.integers(2, size=(count, 3))
    samples = random.normal(size=(count, 4, 2)) * noise
    samples[:, :3, 0] += has
    return list(samples), has


def test_each_of_several_labels_is_told_on_its_own(sample_reader):
    random = np.random.default_rng(0)
    make = {"head": "multilabel", "classes": ("joy", "fear", "awe")}
    train, val, test = (several(random, count, 0.2) for count in (300, 100, 200))
    baseline = Logistic(max_rows=1000)
    baseline.fit(sample_reader(*train, **make), sample_reader(*val, **make), seed=0)

    answer = answers(baseline, sample_reader(*test, **make))

    assert answer.shape == (200, 3)
    assert ((answer > 0.5) == (test[1] > 0)).mean() > 0.97
    assert answer.sum(axis=1).max() > 2  # they are no shares of one another


def test_fitting_labels_together_finds_what_one_regression_each_finds():
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(1)
    rows = random.normal(size=(400, 6)).astype(np.float32)
    has = (rows[:, :3] + random.normal(size=(400, 3)) > 0.3).astype(np.float32)

    together = labels.fit_labels(rows, has, penalty=0.01).probabilities(rows)

    for label in range(3):
        alone = LogisticRegression(C=1 / (0.01 * 400)).fit(rows, has[:, label])
        np.testing.assert_allclose(together[:, label], alone.predict_proba(rows)[:, 1], atol=2e-3)


def test_a_label_that_no_training_sample_has_is_never_likely(sample_reader):
    samples, has = several(np.random.default_rng(0), 60, 0.2)
    has[:, 1], has[:, 2] = 0, 1
    reader = sample_reader(samples, has, head="multilabel", classes=("joy", "fear", "awe"))
    baseline = Logistic(max_rows=100)
    baseline.fit(reader, reader, seed=0)

    answer = answers(baseline, reader)

    assert answer[:, 1].max() < 1e-4
    assert answer[:, 2].min() > 1 - 1e-4


def test_labels_that_tell_no_samples_apart_leave_it_out_with_the_reason(sample_reader):
    samples, has = several(np.random.default_rng(0), 20, 0.2)
    reader = sample_reader(samples, has * 0 + 1, head="multilabel", classes=("joy", "fear", "awe"))

    with pytest.raises(LeftOutError, match="two classes"):
        Logistic(max_rows=10).fit(reader, reader, seed=0)
