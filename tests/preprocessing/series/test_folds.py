"""Folds of a series: training and test share no row, and nothing is carried over the edge of a block."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import DataError
from pipeline.preprocessing.question import Question

HEADS = [Question("forecast", horizon=3), Question("classify"), Question("regress")]
BY_TIME = {"kind": "folds", "folds_of": "time", "val": 0.15}


@pytest.fixture
def panel(series):
    """Make groups that share most of their times; of each some rows are missing, and some cells are empty."""

    def make(rows=160, seed=0, groups=3):
        rng = np.random.default_rng(seed)
        hours = [np.flatnonzero(rng.random(rows) < 0.97) for _ in range(groups)]
        names = np.repeat([f"g{number}" for number in range(groups)], [len(own) for own in hours])
        heat = 50 + np.cumsum(rng.normal(size=len(names))) * 0.1
        heat[rng.random(len(names)) < 0.03] = np.nan
        times = [datetime(2024, 1, 1) + timedelta(hours=int(hour)) for hour in np.concatenate(hours)]
        frame = series({"heat": heat}, group=names, time=times, target=rng.choice(["1", "2"], len(names)))
        return frame.with_columns(pl.col("heat").fill_nan(None))

    return make


def rows_of(result, split, length):
    """Return the rows of the stream that the windows of a split read or are asked about."""
    return set((result.starts[split][:, None] + np.arange(length)).reshape(-1).tolist())


@settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
@given(st.integers(0, 10**6), st.integers(2, 5), st.sampled_from(HEADS), st.data())
def test_no_row_of_a_test_window_lies_in_any_training_window(panel, preparing, seed, folds, head, data):
    purge, embargo = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))
    fold = data.draw(st.integers(0, folds - 1))
    split = {**BY_TIME, "folds": folds, "fold": fold, "purge": purge, "embargo": embargo}
    gaps = data.draw(st.sampled_from(["ignore", "break", "fill"]))

    with tempfile.TemporaryDirectory() as name:
        result = preparing(
            Path(name), panel(seed=seed), head, None, missing="previous", gaps=gaps, split=split, window=3
        )
        train, val, test = (rows_of(result, part, 3 + head.horizon) for part in ("train", "val", "test"))

    assert not train & (val | test)
    assert not val & test


def test_a_training_window_keeps_purge_and_embargo_from_what_is_judged(prepared, series):
    split = {**BY_TIME, "folds": 4, "fold": 1, "purge": 5, "embargo": 7}

    result = prepared(series({"heat": np.arange(200.0)}), split=split, window=4)

    train = np.array(sorted(rows_of(result, "train", 6)))
    assert sorted(rows_of(result, "test", 6)) == list(range(50, 100))
    assert sorted(rows_of(result, "val", 6)) == list(range(15, 45))
    assert train.tolist() == [*range(10), *range(112, 200)]


def test_the_folds_together_test_every_block_of_time(prepared, series):
    frame = series({"heat": np.arange(200.0)})

    parts = [prepared(frame, split={**BY_TIME, "folds": 4, "fold": fold}, window=4) for fold in range(4)]

    tested = [rows_of(part, "test", 6) for part in parts]
    assert sorted(row for rows in tested for row in rows) == list(range(200))


WANTED = {
    "filled": {"missing": "previous"},
    "smoothed": {"missing": "mean", "smoothing": 0.2},
    "masked differences": {"missing": "mask", "changes": "differences"},
    "returns": {"missing": "mean", "changes": "returns", "gaps": "fill"},
}


@pytest.mark.parametrize("block", [None, 7])
@pytest.mark.parametrize("wanted", WANTED)
def test_no_value_of_test_is_carried_into_training(panel, preparing, tmp_path, wanted, block):
    split = {**BY_TIME, "folds": 3, "fold": 1}
    hour = (pl.col("time") - datetime(2024, 1, 1)).dt.total_hours()
    frame = panel().with_columns(heat=pl.when(hour.is_between(107, 108)).then(None).otherwise("heat"))
    other = frame.with_columns(heat=pl.when(hour.is_between(53, 106)).then(99.0).otherwise("heat"))
    found = []
    for name, table in (("one", frame), ("other", other)):
        (tmp_path / name).mkdir()
        found.append(preparing(tmp_path / name, table, None, block, split=split, window=3, **WANTED[wanted]))

    one, another = found
    rows = sorted(rows_of(one, "train", 5))
    assert len(rows) > 50
    assert rows == sorted(rows_of(another, "train", 5))
    assert np.array_equal(one.stream[rows], another.stream[rows])
    assert not np.array_equal(one.stream, another.stream)


def test_of_whole_groups_one_fold_tests_and_each_group_is_tested_once(panel, prepared):
    frame = panel(rows=60, groups=7)
    tested = []
    for fold in range(3):
        result = prepared(frame, missing="previous", split={"kind": "folds", "folds": 3, "fold": fold})
        sides = result.samples.group_by("group").agg(pl.col("split").unique())
        assert sides["split"].list.len().to_list() == [1] * 7
        tested += result.samples.filter(split="test")["group"].unique().to_list()

    assert sorted(tested) == [f"g{number}" for number in range(7)]


def test_a_series_without_groups_is_folded_by_time(prepared, series):
    frame = series({"heat": np.arange(120.0)})

    groups, time = (
        prepared(frame, split={"kind": "folds", "folds_of": of, "fold": 2}) for of in ("groups", "time")
    )

    assert groups.bytes() == time.bytes()


def test_more_folds_than_groups_says_how_to_fold_by_time(panel, prepared):
    with pytest.raises(
        DataError, match=r"folds=5, and the data have 3 groups; .* preprocessing\.split\.folds_of=time"
    ):
        prepared(panel(), missing="previous", split={"kind": "folds"})
