"""What becomes of the values: averaged, changed, smoothed, filled, marked; never with what lies in the future."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.errors import ConfigError, DataError, ShapeError
from pipeline.preprocessing.question import Question

START = datetime(2024, 1, 1)


def walk(rows, seed=0):
    return 100 + np.cumsum(np.random.default_rng(seed).normal(size=rows))


def times(hours):
    return [START + timedelta(hours=float(hour)) for hour in hours]


def test_a_bin_holds_the_mean_of_what_was_measured_up_to_its_end_and_bears_that_time(prepared, series):
    minutes = np.concatenate([[10, 40, 60, 61, 120], np.arange(180, 6000, 60)])
    heat = np.concatenate([[1, 2, 3, 10, 20], np.arange(97.0)])

    result = prepared(
        series({"heat": heat}, time=times(minutes / 60)), resample_seconds=3600, window=1, scale="none"
    )

    assert result.channel("heat")[:3].tolist() == [2, 15, 0]
    assert result.samples["time"][:2].to_list() == times([1, 2])
    assert result.ids["train"][:2].tolist() == [2, 4]


def test_times_that_are_regular_already_stay_as_they_are(prepared, series):
    frame = series({"heat": walk(100)})

    plain, averaged = prepared(frame), prepared(frame, resample_seconds=3600)

    assert np.array_equal(plain.stream, averaged.stream)
    assert plain.samples.equals(averaged.samples)


def test_what_comes_after_a_time_does_not_change_what_is_known_at_it(prepared, series):
    hours = np.sort(np.random.default_rng(1).uniform(0, 400, 300))
    frame = series({"heat": walk(300), "wind": walk(300, 1)}, time=times(hours))
    later = pl.col("time") > times([200])[0]
    changed = frame.with_columns(heat=pl.when(later).then(1e5).otherwise("heat"))
    settings = {
        "resample_seconds": 7200, "gaps": "fill", "missing": "previous", "smoothing": 0.3, "scale": "none",
        "changes": "differences", "changed": ("heat",),
    }  # fmt: skip

    first, second = prepared(frame, **settings), prepared(changed, **settings)

    assert not np.array_equal(first.stream, second.stream)
    assert np.array_equal(first.stream[:99], second.stream[:99], equal_nan=True)


def test_averaging_needs_times(prepared, series):
    with pytest.raises(ConfigError, match=r"resample_seconds=60\.0 needs times, and the rows have none"):
        prepared(series({"heat": walk(100)}, time=[None] * 100), resample_seconds=60)


def test_differences_are_taken_from_the_row_before_and_the_first_row_is_in_no_window(prepared, series):
    heat = walk(100)

    result = prepared(series({"heat": heat}), changes="differences", scale="none")

    assert np.isnan(result.stream[0, 0])
    assert np.allclose(result.stream[1:, 0], np.diff(heat), atol=1e-5)
    assert result.starts["train"][0] == 1
    assert "heat hold differences, not levels" in result.notes


def test_returns_are_relative_and_only_of_the_channels_that_are_named(prepared, series):
    price, volume = walk(100), np.zeros(100)
    volume[::2] = 5

    result = prepared(
        series({"price": price, "volume": volume}), changes="returns", changed=("price",), scale="none"
    )

    assert np.allclose(result.stream[1:, 0], price[1:] / price[:-1] - 1, atol=1e-6)
    assert np.array_equal(result.stream[:, 1], volume.astype(np.float32))


@pytest.mark.parametrize("base", [0.0, -3.0])
def test_a_return_on_nothing_or_less_is_refused_with_its_row(prepared, series, base):
    price = walk(100)
    price[41] = base

    with pytest.raises(DataError, match=rf"price is {base:g} in t\.csv:43; use differences"):
        prepared(series({"price": price}), changes="returns")


def test_no_change_is_computed_over_a_gap_or_from_one_group_to_the_next(prepared, series):
    heat = walk(120)
    hours = [*range(50), *range(70, 80), *range(60)]
    frame = series({"heat": heat}, time=times(hours), group=["a"] * 60 + ["b"] * 60)

    result = prepared(
        frame, changes="differences", scale="none", split={"kind": "time", "val": 0.2, "test": 0.3}
    )

    assert np.flatnonzero(np.isnan(result.stream[:, 0])).tolist() == [0, 50, 60]


def test_a_changed_channel_that_is_not_there_is_named(prepared, series):
    with pytest.raises(ConfigError, match=r"preprocessing\.changed: 'rain' is no channel; there are: heat"):
        prepared(series({"heat": walk(100)}), changes="returns", changed=("rain",))


def test_smoothed_copies_stand_beside_the_channels_and_the_target_stays_as_it_was(prepared, series):
    heat = walk(100)

    result = prepared(series({"heat": heat}), smoothing=0.5, scale="none")

    wanted = [heat[0]]
    for value in heat[1:]:
        wanted.append(0.5 * value + 0.5 * wanted[-1])
    assert result.meta.channels == ("heat", "smooth(heat)")
    assert result.meta.targets == (0,)
    assert np.allclose(result.stream[:, 0], heat, atol=1e-4)
    assert np.allclose(result.stream[:, 1], wanted, atol=1e-4)


def test_smoothing_begins_anew_after_a_gap(prepared, series):
    heat = walk(100)
    frame = series({"heat": heat}, time=times([*range(40), *range(60, 120)]))

    result = prepared(frame, smoothing=0.1, scale="none")

    assert result.stream[40, 1] == pytest.approx(heat[40], abs=1e-4)


def test_the_fitted_factor_is_high_for_a_walk_and_low_for_noise(prepared, series):
    noise = np.random.default_rng(2).normal(size=2000)

    result = prepared(series({"walk": walk(2000), "noise": noise}), smoothing="fitted")

    factors = json.loads((result.folder / "fitted.json").read_text())["smoothing"]
    assert factors["walk"] > 0.8
    assert factors["noise"] < 0.2


def test_the_fitted_factor_sees_training_only(prepared, series):
    noise = np.random.default_rng(2).normal(size=1000)
    changed = noise.copy()
    changed[650:] = walk(350) * 1000

    first, second = (prepared(series({"noise": part}), smoothing="fitted") for part in (noise, changed))

    assert (first.folder / "fitted.json").read_bytes() == (second.folder / "fitted.json").read_bytes()
    assert np.array_equal(first.stream[:650], second.stream[:650])


def test_a_mask_says_where_a_value_was_measured(prepared, series):
    heat = walk(100)
    heat[[0, 1, 30, 90]] = np.nan

    result = prepared(series({"heat": heat, "wind": walk(100)}), missing="mask")

    known = np.ones(100)
    known[[0, 1, 30, 90]] = 0
    assert result.meta.channels == ("heat", "wind", "known(heat)")
    assert np.array_equal(result.stream[:, 2], known)
    back = result.channel("heat")
    assert back[30] == pytest.approx(heat[29], abs=1e-3)
    mean = json.loads((result.folder / "fitted.json").read_text())["means"]["heat"]
    assert np.allclose(back[:2], mean, atol=1e-3)
    filled = pl.Series(heat[:65]).fill_nan(None).fill_null(strategy="forward")
    assert mean == pytest.approx(filled.drop_nulls().mean())
    assert result.starts["train"][0] == 0


def test_infinite_cells_count_as_not_measured(prepared, series):
    heat = walk(100)
    heat[20] = np.inf

    left, filled = (prepared(series({"heat": heat}), missing=missing) for missing in ("refuse", "previous"))

    assert all(not (start <= 20 < start + 6) for starts in left.starts.values() for start in starts)
    assert "1 cells hold infinity, which counts as not measured" in left.notes
    assert filled.channel("heat")[20] == pytest.approx(heat[19], abs=1e-3)


def test_a_channel_without_a_value_in_training_has_no_mean_to_fill_it(prepared, series):
    heat = walk(100)
    heat[:80] = np.nan

    with pytest.raises(DataError, match="heat has no value in any training row"):
        prepared(series({"heat": heat}), missing="mean")


def test_the_calendar_is_told_as_sine_and_cosine_and_is_not_scaled(prepared, series):
    result = prepared(series({"heat": walk(24 * 20)}), calendar=("hour", "weekday"))

    names = result.meta.channels
    assert names == ("heat", "sin(hour)", "cos(hour)", "sin(weekday)", "cos(weekday)")
    assert result.meta.targets == (0,)
    assert np.allclose(result.stream[6, 1:3], [1, 0], atol=1e-6)
    assert np.allclose(result.stream[18, 1:3], [-1, 0], atol=1e-6)
    assert np.allclose(result.stream[:24, 3:], [0, 1], atol=1e-6)  # 1 January 2024 is a Monday
    assert np.allclose((result.stream[:, 1:] ** 2).sum(axis=1), 2, atol=1e-5)


def test_the_calendar_needs_times(prepared, series):
    with pytest.raises(ConfigError, match="calendar=hour needs times"):
        prepared(series({"heat": walk(100)}, time=[None] * 100), calendar=("hour",))


def test_a_source_channel_with_the_name_of_a_made_one_is_refused(prepared, series):
    frame = series({"heat": walk(100), "smooth(heat)": walk(100)})

    with pytest.raises(ConfigError, match=r"makes a channel named smooth\(heat\)"):
        prepared(frame, smoothing=0.5)


def test_training_windows_keep_a_distance_from_val_and_test_where_asked(prepared, series):
    result = prepared(series({"heat": walk(200)}), split={"kind": "time", "purge": 10}, window=4)

    assert result.starts["train"].max() + 6 == 130 - 10
    assert result.starts["val"].min() == 126
    assert (result.folder / "split.csv").read_text().count("left out") == 2


def test_windows_that_walk_forward_test_the_fold_that_is_asked_for(prepared, series):
    split = {"kind": "walk", "folds": 4, "test": 0.4, "val": 0.1}

    parts = [prepared(series({"heat": walk(200)}), split={**split, "fold": fold}) for fold in range(4)]

    assert [part.samples.filter(split="test")["sample_id"].min() for part in parts] == [119, 139, 159, 179]
    assert all(part.starts["train"].max() + 6 <= part.starts["val"].min() + 4 for part in parts)


def test_without_times_a_gap_is_a_number_that_is_missing(prepared, series):
    frame = series({"heat": walk(100)}, time=[None] * 100).filter(~pl.col("sample_id").is_in([40]))

    result = prepared(frame, window=2)

    heat = frame["heat"].to_numpy()
    assert len(heat) == 99
    assert not set(range(37, 40)) & set(result.starts["train"].tolist())


def test_too_short_stretches_name_the_setting_that_is_too_long(prepared, series):
    with pytest.raises(
        ShapeError, match=r"needs 4 rows and 90 ahead.*preprocessing.window or preprocessing.ahead"
    ):
        prepared(series({"heat": walk(100)}), Question("classify"), direction="heat", ahead=90)
