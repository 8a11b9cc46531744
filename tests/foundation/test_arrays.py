"""Arrays are read from files by any number of threads; numbers find each other in sorted arrays."""

import gc
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.foundation.arrays import among, distinct, first_equal, read_array

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


@pytest.fixture
def eager():
    """The garbage collector at every few objects, and another thread's turn whenever it comes."""

    def give_way(*_: object) -> None:
        time.sleep(0)

    threshold = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(3)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(give_way)


@pytest.mark.parametrize("mapped", [False, True])
def test_threads_read_arrays_at_once(tmp_path, eager, mapped):
    paths = [tmp_path / f"{number}.npy" for number in range(8)]
    for number, path in enumerate(paths):
        np.save(path, np.full((2, 4), number, np.float32))

    def read(number: int) -> bool:
        arrays = (read_array(paths[number], mapped=mapped) for _ in range(150))
        return all(array.tolist() == [[number] * 4] * 2 for array in arrays)

    with ThreadPoolExecutor(len(paths)) as pool:
        assert all(pool.map(read, range(len(paths))))


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)

    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_array(tmp_path / "objects.npy")
