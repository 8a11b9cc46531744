from collections import Counter
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.quality.profile import measure_profile
from pipeline.quality.tally import DISTINCT_AT_MOST


def types_of(frame: pl.DataFrame) -> dict[str, str]:
    return {name: str(kind).split("(")[0] for name, kind in frame.schema.items()}


def profile_of(frame: pl.DataFrame, *, pieces: int = 1, step_seconds: float | None = 3600.0):
    size = -(-len(frame) // pieces)
    images = [frame.select("encoding", "image")] if "image" in frame.columns else []
    return measure_profile(
        frame.iter_slices(size), types_of(frame), step_seconds=step_seconds, payload=images
    )


def test_figures_of_a_channel_are_those_worked_by_hand(series):
    profile = profile_of(series(oil=[1.0, 2.0, 3.0, 6.0, None, float("inf"), float("nan"), float("-inf")]))

    assert profile.columns["oil"] == {
        "nulls": 1, "null_share": 0.125, "distinct": 6, "nans": 1, "infinite": 2,
        "min": 1.0, "max": 6.0, "mean": 3.0, "std": pytest.approx(np.std([1, 2, 3, 6])),
    }  # fmt: skip


def test_a_channel_without_numbers_has_nothing_to_measure(series):
    profile = profile_of(series(oil=[None, float("nan")]))

    assert profile.columns["oil"]["mean"] is None
    assert profile.columns["oil"]["null_share"] == 0.5


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_to_add_up_have_no_mean(series):
    figures = profile_of(series(oil=[1.7e308, 1.7e308, -1.0]), pieces=2).columns["oil"]

    assert (figures["max"], figures["mean"], figures["std"]) == (1.7e308, None, None)


@pytest.mark.parametrize("pieces", [2, 5, 100])
def test_the_figures_do_not_depend_on_the_batches(series, pieces: int):
    rng = np.random.default_rng(0)
    group = ["a"] * 60 + ["b"] * 40
    frame = series(
        oil=1e6 + rng.normal(size=100), gas=[None, *range(99)], group=group, target=["x", "y"] * 50
    )

    whole, cut = profile_of(frame), profile_of(frame, pieces=pieces)

    assert cut.table == whole.table
    assert cut.classes == whole.classes
    for name in ("oil", "gas"):
        assert cut.columns[name] == pytest.approx(whole.columns[name], rel=1e-9)


def test_equal_tables_give_equal_last_digits(series):
    frame = series(oil=np.random.default_rng(0).normal(size=20_000))

    figures = Counter(str(profile_of(frame, pieces=3).columns["oil"]) for _ in range(5))

    assert len(figures) == 1


def test_gaps_repeats_and_disorder_are_found_within_a_group_only(series):
    hour = timedelta(hours=1)
    start = series(oil=[0.0])["time"][0]
    steps = [0, 1, 2, 2, 8, 5, 0, 1]  # rows 6 and 7 belong to another group, so 5 → 0 is no disorder
    frame = series(oil=[0.0] * 8, group=["a"] * 6 + ["b"] * 2, time=[start + n * hour for n in steps])

    table = profile_of(frame).table

    assert (table["groups"], table["shortest_group"]) == (2, 2)
    assert (table["duplicate_times"], table["unsorted_times"]) == (1, 1)
    assert table["largest_gap_seconds"] == 6 * 3600
    assert table["gap_share"] == 1 / 6


def test_a_series_without_times_has_no_order_to_measure(series):
    table = profile_of(series(oil=[1.0, 2.0], time=[None, None]), step_seconds=None).table

    assert table["unsorted_times"] is None
    assert table["largest_gap_seconds"] is None


def test_distinct_values_are_counted_up_to_a_bound(series):
    profile = profile_of(series(oil=[1.0, 1.0, None], gas=[1.0, 2.0, 3.0]))
    many = profile_of(series(oil=np.arange(30_000.0)), pieces=4)

    assert (profile.columns["oil"]["distinct"], profile.columns["gas"]["distinct"]) == (1, 3)
    assert many.columns["oil"]["distinct"] == DISTINCT_AT_MOST + 1


def test_images_are_counted_by_class_defect_repetition_and_pixels(images):
    frame = images(
        [bytes([0, 1, 2, 3]), bytes([0, 1, 2, 3]), None, bytes([9, 9, 9, 16])], ["cat", "cat", "dog", None]
    )

    profile = profile_of(frame, step_seconds=None)

    assert profile.classes == {"cat": 2, "dog": 1}
    assert profile.class_figures()["dog"] == {"class_rows": 1, "class_share": 1 / 3}
    assert (profile.table["defects"], profile.table["defect_share"]) == (1, 0.25)
    assert profile.table["duplicate_images"] == 1
    assert (profile.table["pixel_min"], profile.table["pixel_max"]) == (0, 16)
    assert profile.columns["height"]["min"] == 2
