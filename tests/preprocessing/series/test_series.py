"""A series becomes a stream: filled as asked, scaled on train, cut without crossing gaps."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.foundation.errors import ConfigError, DataError, ShapeError
from pipeline.preprocessing.config import SplitConfig
from pipeline.preprocessing.question import Question


def hourly(rows, *, groups=1, drop=(), holes=(), target=False):
    start = datetime(2024, 1, 1)
    frame = pl.DataFrame(
        {
            "group": [f"g{group}" for group in range(groups) for _ in range(rows)],
            "time": [start + timedelta(hours=hour) for _ in range(groups) for hour in range(rows)],
            "split": pl.Series([None] * rows * groups, dtype=pl.String),
            "origin": [f"t.csv:{row + 2}" for row in range(rows * groups)],
            "heat": np.arange(rows * groups, dtype=float),
            "wind": np.sin(np.arange(rows * groups)),
        }
    ).with_row_index("sample_id")
    frame = frame.with_columns(pl.col("sample_id").cast(pl.Int64))
    if target:
        frame = frame.with_columns(target=pl.Series(["a", "b"] * (rows * groups // 2)))
    frame = frame.with_columns(
        heat=pl.when(pl.col("sample_id").is_in(list(holes))).then(None).otherwise("heat")
    )
    return frame.filter(~pl.col("sample_id").is_in(list(drop)))


def test_the_scaler_sees_training_rows_only(prepared):
    result = prepared(hourly(100))

    train = np.arange(65)
    assert result.meta.offset[0] == pytest.approx(train.mean())
    assert result.meta.scale[0] == pytest.approx(train.std())


def test_the_stream_holds_each_row_once_and_windows_are_starts(prepared):
    result = prepared(hourly(100))

    assert result.stream.shape == (100, 2)
    assert result.starts["train"][:3].tolist() == [0, 1, 2]
    assert result.ids["train"][:2].tolist() == [3, 4]
    assert result.samples.height == sum(result.meta.counts.values())


def test_changing_the_future_changes_no_training_value(prepared):
    frame = hourly(100)
    changed = frame.with_columns(heat=pl.when(pl.col("sample_id") >= 65).then(1e6).otherwise("heat"))

    first, second = prepared(frame), prepared(changed)

    assert np.array_equal(first.stream[:65], second.stream[:65])


def test_nulls_are_refused_with_their_number_unless_filling_is_asked_for(prepared):
    frame = hourly(100, holes=(10, 11))

    with pytest.raises(DataError, match=r"heat 2.*preprocessing.missing=refuse"):
        prepared(frame)


def test_a_null_takes_the_last_known_value_of_its_own_group(prepared):
    frame = hourly(100, groups=2, holes=(10, 100))

    result = prepared(frame, missing="previous")

    heat = result.stream[:, 0] * result.meta.scale[0] + result.meta.offset[0]
    assert heat[10] == pytest.approx(9, abs=1e-4)
    # The first row of the second group has no past: no window holds it.
    assert np.isnan(heat[100])
    assert all(not (start <= 100 < start + 6) for rows in result.starts.values() for start in rows)


def test_the_mean_that_fills_is_the_training_mean(prepared):
    result = prepared(hourly(100, holes=(90,)), missing="mean")

    assert result.stream[90, 0] == pytest.approx(0, abs=1e-6)


def test_no_window_crosses_missing_hours(prepared):
    result = prepared(hourly(100, drop=(30, 31)), gaps="break")

    heat = result.stream[:, 0] * result.meta.scale[0] + result.meta.offset[0]
    for start in result.starts["train"]:
        assert heat[start + 5] - heat[start] == pytest.approx(5, abs=1e-3)


def test_missing_hours_are_inserted_when_asked_for(prepared):
    result = prepared(hourly(100, drop=(30, 31)), gaps="fill", missing="previous")

    assert result.stream.shape == (100, 2)
    assert "2 missing rows were inserted" in result.notes


def test_a_group_is_never_continued_by_the_next(prepared):
    result = prepared(hourly(50, groups=2))

    assert all(start // 50 == (start + 5) // 50 for rows in result.starts.values() for start in rows)


def test_a_window_takes_the_class_of_its_last_row(prepared):
    result = prepared(hourly(100, target=True), head=Question("classify"))

    assert result.meta.classes == ("a", "b")
    assert result.targets["train"][:2].tolist() == [1, 0]


def test_too_few_rows_for_a_window_says_how_many_are_needed(prepared):
    with pytest.raises(ShapeError, match="needs 96 rows and 2 to forecast"):
        prepared(hourly(60), window=96)


def test_a_forecast_target_that_is_no_channel_is_named(prepared):
    with pytest.raises(ConfigError, match="'rain' is no channel; there are: heat, wind"):
        prepared(hourly(100), head=Question("forecast", horizon=2, targets=("rain",)))


def test_one_class_is_not_enough(prepared):
    frame = hourly(100).with_columns(target=pl.lit("on"))

    with pytest.raises(DataError, match="has 1 class"):
        prepared(frame, head=Question("classify"))


def test_groups_stay_together_when_split_by_group(prepared):
    result = prepared(hourly(40, groups=6), split=SplitConfig(kind="group"))

    sides = result.samples.group_by("group").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 6


def test_times_that_jitter_are_no_gaps_and_keep_their_values(prepared):
    seconds = np.random.default_rng(0).integers(-240, 240, 100)
    jittered = hourly(100).with_columns(time=pl.col("time") + pl.duration(seconds=pl.Series(seconds)))

    result = prepared(jittered.filter(~pl.col("sample_id").is_in([30, 31])), gaps="fill", missing="previous")

    assert result.stream.shape == (100, 2)
    assert set(jittered["time"][50:60]) <= set(result.samples["time"])


@pytest.mark.parametrize("years", [1, 6])
def test_missing_months_are_inserted_as_often_as_the_calendar_has_them(prepared, years):
    months = pl.datetime_range(datetime(1990, 1, 1), datetime(2019, 12, 1), "1mo", eager=True)
    frame = hourly(360).with_columns(time=months)
    holed = frame.filter(~pl.col("sample_id").is_in(range(100, 100 + 12 * years)))

    result = prepared(holed, gaps="fill", missing="previous")

    assert result.stream.shape == (360, 2)


def test_no_class_is_invented_for_an_inserted_row(prepared):
    frame = hourly(100, drop=(30, 31), target=True)

    result = prepared(frame, head=Question("classify"), gaps="fill", missing="previous")

    assert result.stream.shape == (100, 2)
    assert not {30, 31} & set(result.ids["train"].tolist())
    assert {29, 32} <= set(result.ids["train"].tolist())


def test_a_row_without_a_time_is_named(prepared):
    frame = hourly(100).with_columns(time=pl.when(pl.col("sample_id") != 7).then("time"))

    with pytest.raises(DataError, match=r"1 rows have no time, such as t\.csv:9"):
        prepared(frame)


@pytest.mark.parametrize(("days", "season"), [(range(7), 7), (range(5), 5)])
def test_a_week_has_as_many_steps_as_it_has_rows(prepared, days, season):
    start = datetime(2024, 1, 1)
    times = [start + timedelta(days=7 * week + day) for week in range(40) for day in days]
    frame = hourly(len(times)).with_columns(time=pl.Series(times, dtype=pl.Datetime("us")))

    result = prepared(frame, gaps="ignore")

    assert result.meta.season == season


def test_a_time_centuries_away_is_named_instead_of_filling_the_memory(prepared):
    frame = hourly(100).with_columns(
        time=pl.when(pl.col("sample_id") == 0).then(datetime(1400, 1, 1)).otherwise("time")
    )

    with pytest.raises(DataError, match=r"would insert 5,469,\d+ rows among 100.*between 1400-01-01"):
        prepared(frame, gaps="fill", missing="previous")


@pytest.mark.parametrize("share", [float("nan"), float("inf")])
def test_a_share_that_is_no_finite_number_is_refused(share):
    with pytest.raises(ValidationError):
        SplitConfig(kind="time", val=share)
