"""Distinct times are found whether they fit into memory or not."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.preprocessing.config_split import SplitConfig
from pipeline.preprocessing.series.moments import Moments, cuts
from pipeline.preprocessing.split.divide import moment_codes


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40), min_size=1, max_size=20))
def test_times_on_disk_are_those_in_memory(tmp_path, parts):
    moments = Moments(tmp_path, most=16)
    for part in parts:
        moments.add(np.array(part))

    found = moments.ordered()

    wanted = np.unique(np.concatenate([np.array(part) for part in parts]))
    assert found.count == len(wanted)
    assert np.array_equal(found.at(np.arange(found.count)), wanted)
    found.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("most", [8, 1000])
def test_the_parts_of_the_split_begin_at_the_same_times_either_way(tmp_path, most):
    times = np.random.default_rng(0).choice(10**9, 300, replace=False) * 1000
    moments, config = Moments(tmp_path, most=most), SplitConfig(kind="time", purge=7)
    for part in np.array_split(times, 20):
        moments.add(part)

    found = cuts(moments.ordered(), config)

    ordered = np.sort(times)
    codes = moment_codes(300, config)
    assert np.array_equal(found.of(ordered), codes)
    table = found.table(timed=True)
    assert table["split"].to_list() == ["train", "left out", "val", "left out", "test"]
    assert table["time_steps"].to_list() == [188, 7, 38, 7, 60]
    firsts = pl.Series(ordered[[0, 188, 195, 233, 240]]).cast(pl.Datetime("us"))
    assert table["from"].equals(firsts.rename("from"))
    assert table["to"].equals(pl.Series("to", ordered[[187, 194, 232, 239, 299]]).cast(pl.Datetime("us")))


def test_rows_without_times_are_divided_by_their_place_in_the_group():
    config = SplitConfig(kind="time", val=2, test=3)

    found = cuts(10, config)

    assert found.of(np.arange(10)).tolist() == [0] * 5 + [1] * 2 + [2] * 3
    assert found.table(timed=False)["from"].to_list() == [0, 5, 7]


def test_more_times_than_a_buffer_holds_are_merged(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.preprocessing.series.moments.BUFFER", 100)
    rng = np.random.default_rng(0)
    moments = Moments(tmp_path, most=1_000)
    parts = [np.sort(rng.integers(0, 10**7, 900)) for _ in range(8)]
    for part in parts:
        moments.add(part)

    found = moments.ordered()

    wanted = np.unique(np.concatenate(parts))
    ranks = np.array([0, 1, len(wanted) // 2, len(wanted) - 1])
    assert found.count == len(wanted)
    assert np.array_equal(found.at(ranks), wanted[ranks])
