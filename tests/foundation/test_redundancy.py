"""How many rows of a series are worth one that stands alone."""

import numpy as np
import pytest
from scipy.signal import lfilter

from pipeline.foundation.redundancy import Redundancy


def autoregressive(rows, memory, seed=0):
    noise = np.random.default_rng(seed).normal(size=rows + 1000)
    return lfilter([1.0], [1.0, -memory], noise)[1000:]


def figure(*batches):
    redundancy = Redundancy()
    for batch in batches:
        redundancy.add(np.asarray(batch, np.float64))
    return redundancy.figure()


@pytest.mark.parametrize("memory", [0.5, 0.8, 0.9])
def test_a_series_with_memory_is_worth_as_little_as_theory_says(memory):
    found = figure(autoregressive(200_000, memory))

    # The mean of n rows has the variance of n (1 - memory) / (1 + memory) independent ones; 32 blocks tell it to a
    # quarter, and the largest of several levels lies above.
    assert found == pytest.approx((1 + memory) / (1 - memory), rel=0.5)


def test_rows_that_stand_alone_are_worth_one_each():
    assert 1.0 <= figure(np.random.default_rng(0).normal(size=200_000)) < 1.6


def test_it_does_not_matter_where_batches_end():
    rows = autoregressive(5_001, 0.7)

    assert figure(rows) == pytest.approx(figure(*np.split(rows, [1, 7, 8, 1000, 1003, 4000])), rel=1e-3)


@pytest.mark.parametrize("rows", [[], [1.0], [3.0] * 500, [1e308, -1e308] * 50], ids=str)
def test_too_few_constant_or_endless_rows_are_worth_one_each(rows):
    assert figure(rows) == 1.0
