"""Windows are an index; no gap, group or split is crossed, however the rows come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.preprocessing.series.windows import Cut, window_codes
from pipeline.preprocessing.split.divide import TEST, TRAIN, UNUSED, VAL

CODES = np.array([TRAIN] * 6 + [VAL] * 3 + [TEST] * 3, np.int8)
ONE = np.zeros(12, np.int64)


def starts(begins, codes, **sizes):
    found = window_codes(begins, codes, Cut(**sizes))
    return {code: np.flatnonzero(found == code).tolist() for code in (TRAIN, VAL, TEST)}


def test_a_forecast_belongs_to_the_split_that_holds_all_its_targets():
    found = starts(ONE, CODES, window=2, horizon=2)

    assert found == {
        TRAIN: [0, 1, 2],  # targets 2-5
        VAL: [4, 5],  # targets 6-8; the look-back reaches into train, which is known by then
        TEST: [7, 8],
    }


def test_without_a_horizon_the_whole_window_lies_in_one_split():
    assert starts(ONE, CODES, window=3) == {TRAIN: [0, 1, 2, 3], VAL: [6], TEST: [9]}


def test_the_row_that_decides_about_a_class_lies_in_the_same_split_as_the_window():
    assert starts(ONE, CODES, window=1, ahead=2) == {TRAIN: [0, 1, 2, 3], VAL: [6], TEST: [9]}


def test_training_windows_start_every_stride_rows_and_test_windows_every_row():
    found = starts(ONE, CODES, window=1, horizon=1, stride=2)

    assert found[TRAIN] == [0, 2, 4]
    assert found[TEST] == [8, 9, 10]


def test_rows_left_out_between_two_parts_may_be_looked_back_at_but_not_trained_on():
    codes = np.array([TRAIN] * 4 + [UNUSED] * 2 + [VAL] * 3 + [UNUSED] + [TEST] * 2, np.int8)

    found = starts(ONE, codes, window=2, horizon=1)

    assert found == {TRAIN: [0, 1], VAL: [4, 5, 6], TEST: [8, 9]}


def test_no_window_crosses_a_gap_or_a_group():
    begins = np.array([0, 0, 0, 3, 3, 5])

    assert starts(begins, np.zeros(6, np.int8), window=2)[TRAIN] == [0, 1, 3]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_series_shorter_than_a_window_has_none(rows):
    assert not any(starts(ONE[:rows], CODES[:rows], window=4).values())


@st.composite
def rows_and_cuts(draw):
    """Draw stretches, parts in the order of time, and sizes of windows."""
    stretches = draw(st.lists(st.integers(1, 12), min_size=1, max_size=5))
    begins = np.repeat(np.cumsum([0, *stretches[:-1]]), stretches)
    edges = sorted(draw(st.tuples(*[st.integers(0, len(begins))] * 5)))
    codes = np.full(len(begins), UNUSED, np.int8)
    for code, (first, last) in enumerate(zip(edges[::2], edges[1::2], strict=False)):
        codes[first:last] = code
    codes[edges[4] :] = draw(st.sampled_from([TEST, UNUSED]))
    horizon = draw(st.integers(0, 4))
    ahead = 0 if horizon else draw(st.integers(0, 4))
    return begins, codes, Cut(draw(st.integers(1, 6)), horizon, ahead, draw(st.integers(1, 3)))


@settings(max_examples=300, deadline=None)
@given(rows_and_cuts())
def test_no_target_of_val_or_test_is_ever_seen_in_training(drawn):
    begins, codes, cut = drawn
    found = window_codes(begins, codes, cut)

    seen = np.zeros(len(codes), bool)  # rows that a training window reads, or is told as its target
    for start in np.flatnonzero(found == TRAIN):
        seen[start : start + cut.length] = True
    asked = np.zeros(len(codes), bool)
    for start in np.flatnonzero(found > TRAIN):
        first = start + cut.window if cut.horizon else start
        asked[first : start + cut.length] = True
    assert not (seen & asked).any()


@settings(max_examples=300, deadline=None)
@given(rows_and_cuts())
def test_every_window_that_fits_into_a_stretch_and_a_part_is_found_and_no_other(drawn):
    begins, codes, cut = drawn

    wanted = {start: _part(begins, codes, cut, start) for start in range(len(codes) - cut.length + 1)}

    assert dict(enumerate(window_codes(begins, codes, cut).tolist())) == wanted


def _part(begins, codes, cut, start):
    """Say it again, row by row."""
    rows = range(start, start + cut.length)
    judged = codes[start + cut.window if cut.horizon else start : start + cut.length].tolist()
    code, before = judged[-1], codes[start : start + cut.window].tolist()
    fits = code != UNUSED and set(judged) == {code} and len({int(begins[row]) for row in rows}) == 1
    if code == TRAIN:
        fits = fits and set(before) == {TRAIN} and (start - begins[start]) % cut.stride == 0
    return code if fits and before[0] <= code else UNUSED
