"""Numbers find each other in sorted arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.foundation.arrays import among, distinct, first_equal

NUMBERS = st.lists(st.integers(-20, 20), max_size=60).map(lambda numbers: np.array(numbers, np.int64))


@given(NUMBERS)
def test_distinct_numbers_rise_and_each_stands_once(numbers):
    assert distinct(numbers).tolist() == sorted(set(numbers.tolist()))


@given(NUMBERS)
def test_each_number_finds_the_first_that_equals_it(numbers):
    listed = numbers.tolist()

    assert first_equal(numbers).tolist() == [listed.index(number) for number in listed]


@given(NUMBERS, NUMBERS.filter(len))
def test_numbers_are_found_among_those_known(numbers, known):
    wanted = set(known.tolist())

    assert among(numbers, distinct(known)).tolist() == [number in wanted for number in numbers.tolist()]
