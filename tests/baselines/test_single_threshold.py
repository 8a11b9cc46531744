import numpy as np
import pytest

from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.single_threshold import SingleThreshold, best_cut


def test_the_cut_worked_by_hand():
    has = np.eye(2, dtype=np.int64)[[0, 0, 1, 1, 0]]

    right, threshold = best_cut(np.array([1.0, 2.0, 4.0, 5.0, 2.0], np.float32), has)

    assert (right, threshold) == (5, 3.0)


def test_rows_of_one_value_are_never_parted():
    right, _ = best_cut(np.ones(4, np.float32), np.eye(2, dtype=np.int64)[[0, 1, 0, 1]])

    assert right == -1


def test_it_takes_the_column_that_tells_most_and_answers_the_shares_of_the_side(sample_reader):
    rows = [[0, 1], [0, 2], [1, 8], [0, 9], [1, 9]]
    targets = [0, 0, 1, 1, 0]
    reader = sample_reader(
        [np.array(row, float)[:, None] for row in rows], targets, classes=("ill", "well"), kind="table"
    )
    floor = SingleThreshold()
    floor.fit(reader, reader, seed=0)

    assert (floor.column, floor.threshold) == (1, 5.0)
    np.testing.assert_allclose(answers(floor, reader)[[0, 4]], [[1, 0], [1 / 3, 2 / 3]], atol=1e-6)


def test_constant_columns_leave_it_out(sample_reader):
    reader = sample_reader([np.ones((2, 1))] * 4, [0, 1, 0, 1], classes=("a", "b"), kind="table")

    with pytest.raises(LeftOutError, match="one value"):
        SingleThreshold().fit(reader, reader, seed=0)
