import numpy as np
import pytest

from pipeline.baselines.base import answers
from pipeline.baselines.mean import Mean
from pipeline.baselines.ridge import PENALTIES, Ridge
from pipeline.baselines.training_rows import target_deviation


def line(random, count, noise):
    """Return samples of unequal lengths, and a number that their mean tells."""
    samples = [random.normal(size=(int(random.integers(4, 9)), 2)) for _ in range(count)]
    level = np.array([sample[:, 0].mean() for sample in samples])
    return samples, 3 * level + noise * random.normal(size=count)


def test_the_mean_of_training_is_answered_to_every_sample(sample_reader):
    samples, _ = line(np.random.default_rng(0), 4, 0.0)
    train = sample_reader(samples, [1.0, 2.0, 3.0, 6.0], head="regress")
    floor = Mean()
    floor.fit(train, train, seed=0)

    assert answers(floor, train).tolist() == [[3.0]] * 4


def test_linear_regression_finds_a_linear_relation(sample_reader):
    random = np.random.default_rng(0)
    train, val, test = (line(random, count, 0.05) for count in (400, 100, 200))
    rival = Ridge(max_rows=1000)
    rival.fit(sample_reader(*train, head="regress"), sample_reader(*val, head="regress"), seed=0)

    answer = answers(rival, sample_reader(*test, head="regress"))

    assert np.mean((answer[:, 0] - test[1]) ** 2) < 0.05 * np.var(test[1])
    assert rival.parameters == rival.model.model.coef_.size + 1


def test_from_noise_alone_it_learns_next_to_nothing(sample_reader):
    random = np.random.default_rng(0)
    samples, _ = line(random, 120, 0.0)
    train = sample_reader(samples, random.normal(size=120), head="regress")
    val = sample_reader(samples, random.normal(size=120), head="regress")
    rival = Ridge(max_rows=1000)

    rival.fit(train, val, seed=0)

    assert rival.model.penalty >= PENALTIES[1]
    assert answers(rival, val).std() < 0.2


def test_texts_are_read_by_their_tokens(sample_reader):
    random = np.random.default_rng(1)
    texts = [random.integers(2, 60, size=12) for _ in range(500)]
    price = np.array([np.sum(text == 7) - np.sum(text == 9) for text in texts], float)
    parts = [slice(0, 350), slice(350, 420), slice(420, 500)]
    train, val, test = (
        sample_reader(texts[part], price[part], head="regress", kind="text", vocabulary=1000)
        for part in parts
    )
    rival = Ridge(max_rows=1000)
    rival.fit(train, val, seed=0)

    answer = answers(rival, test)

    assert np.corrcoef(answer[:, 0], price[parts[2]])[0, 1] > 0.8


def test_the_deviation_of_a_number_is_told_in_its_own_units(sample_reader):
    samples, _ = line(np.random.default_rng(0), 4, 0.0)
    reader = sample_reader(samples, [-1.0, 1.0, -1.0, 1.0], head="regress", unit=(100.0, 20.0))
    constant = sample_reader(samples, [2.0] * 4, head="regress")

    assert target_deviation(reader) == {"price": pytest.approx(20.0)}
    assert target_deviation(constant) == {"price": 1.0}
