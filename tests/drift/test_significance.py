"""P-values beside values worked by hand, or by another way."""

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact, ks_2samp

from pipeline.drift.significance import distance_p_value, holm, shares_p_value, unseen_p_value


def counts(*values):
    return np.array(values, np.float64)


def test_a_distance_is_as_unlikely_as_the_exact_distribution_says():
    random = np.random.default_rng(0)
    ours, theirs = random.normal(size=150), random.normal(0.25, size=400)

    exact = ks_2samp(ours, theirs, method="exact")

    assert distance_p_value(exact.statistic, 150, 400) == pytest.approx(exact.pvalue, rel=0.1)


def test_shares_of_two_values_worked_by_hand():
    # 60 + 40 beside 40 + 60: expected 50 everywhere, so chi-square is 4 · 10² / 50 = 8 with one degree of freedom.
    assert shares_p_value(counts(60, 40), counts(40, 60)) == pytest.approx(0.00468, abs=1e-5)


def test_rare_values_are_counted_together():
    common = shares_p_value(counts(60, 40, 20), counts(40, 60, 20))

    assert shares_p_value(counts(60, 40, 4, 4, 4, 4, 4), counts(40, 60, 4, 4, 4, 4, 4)) == pytest.approx(
        common
    )


def test_two_values_of_which_one_is_rare_are_tested_exactly():
    exact = fisher_exact([[3, 97], [0, 1000]]).pvalue

    assert shares_p_value(counts(3, 97), counts(0, 1000)) == pytest.approx(exact)


@pytest.mark.parametrize(("ours", "theirs"), [((10,), (90,)), ((0, 5), (0, 9)), ((1, 1, 1), (0, 0, 1))])
def test_where_only_one_group_is_left_nothing_is_unlikely(ours, theirs):
    assert shares_p_value(counts(*ours), counts(*theirs)) == 1.0


def test_a_new_value_is_the_less_likely_the_more_often_it_occurs():
    # 5 of 105 new rows; a tenth of all rows is new, and there are three values: 3 · 0.1^5, doubled for two tests.
    found = unseen_p_value(counts(60, 40, 5), counts(545, 400, 0), 1.0)

    assert found == pytest.approx(6e-5)


def test_many_values_that_occur_once_are_new_in_proportion_to_the_rows():
    ours, theirs = counts(90, *[1] * 9, *[0] * 1), counts(99, *[0] * 9, *[1] * 1)

    expected = 2 * binomtest(9, 10, 99 / 199, alternative="greater").pvalue
    assert unseen_p_value(ours, theirs, 1.0) == pytest.approx(expected)


def test_a_run_of_a_new_value_is_worth_fewer_rows_where_neighbours_resemble_one_another():
    ours, theirs = counts(95, 5), counts(900, 0)

    assert unseen_p_value(ours, theirs, 5.0) > 0.05 > unseen_p_value(ours, theirs, 1.0)


def test_holm_worked_by_hand():
    # Sorted 0.01, 0.03, 0.04 by 3, 2, 1: 0.03, 0.06, and 0.04 raised to 0.06.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []
