"""Windows are an index; no gap, group or split is crossed."""

import numpy as np

from pipeline.preprocessing.split import TEST, TRAIN, VAL
from pipeline.preprocessing.windows import segment_ids, window_starts

CODES = np.array([TRAIN] * 6 + [VAL] * 3 + [TEST] * 3, np.int8)
ONE = np.zeros(12, np.int64)


def test_a_forecast_belongs_to_the_split_that_holds_all_its_targets():
    starts = window_starts(ONE, CODES, window=2, horizon=2, stride=1)

    assert {code: rows.tolist() for code, rows in starts.items()} == {
        TRAIN: [0, 1, 2],  # targets 2-5
        VAL: [4, 5],  # targets 6-8; the look-back reaches into train, which is known by then
        TEST: [7, 8],
    }


def test_without_a_horizon_the_whole_window_lies_in_one_split():
    starts = window_starts(ONE, CODES, window=3, horizon=0, stride=1)

    assert {code: rows.tolist() for code, rows in starts.items()} == {
        TRAIN: [0, 1, 2, 3],
        VAL: [6],
        TEST: [9],
    }


def test_training_windows_start_every_stride_rows_and_test_windows_every_row():
    starts = window_starts(ONE, CODES, window=1, horizon=1, stride=2)

    assert starts[TRAIN].tolist() == [0, 2, 4]
    assert starts[TEST].tolist() == [8, 9, 10]


def test_no_window_crosses_a_gap_or_a_group():
    groups = np.array([0, 0, 0, 1, 1, 1])
    distances = np.array([0, 1, 1, 5, 1, 9.0])

    segments = segment_ids(groups, distances, step=1.0)
    starts = window_starts(segments, np.zeros(6, np.int8), window=2, horizon=0, stride=1)

    assert segments.tolist() == [0, 0, 0, 1, 1, 2]
    assert starts[TRAIN].tolist() == [0, 1, 3]


def test_a_series_shorter_than_a_window_has_none():
    starts = window_starts(ONE[:3], CODES[:3], window=4, horizon=0, stride=1)

    assert [len(rows) for rows in starts.values()] == [0, 0, 0]
