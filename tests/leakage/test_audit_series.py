"""Windows, whole groups and channels of a series, as the audit sees them."""

import datetime as dt

import numpy as np
import polars as pl

WINDOW, HORIZON = 20, 5


def series(count=1_000, seed=0, **more):
    rng = np.random.default_rng(seed)
    times = [dt.datetime(2020, 1, 1) + dt.timedelta(hours=row) for row in range(count)]
    walks = {name: rng.normal(size=count).cumsum() for name in ("a", "b")}
    return pl.DataFrame({"time": times, **walks, **more})


def ends(count):
    """Return the last row of every window that has its targets after it."""
    return np.arange(WINDOW - 1, count - HORIZON)


def by_time(rows, first_test):
    """Return the part of each window as the pipeline gives it: by its targets; none over the border."""
    test, train = rows + 1 >= first_test, rows + HORIZON < first_test
    return [
        "test" if late else "train" if early else "left out" for late, early in zip(test, train, strict=True)
    ]


def forecast(audited, frame, rows, split):
    return audited(frame, split, kind="series", head="forecast", window=WINDOW, horizon=HORIZON, rows=rows)


def test_windows_cut_by_time_are_clean_and_look_back_is_noted(audited):
    rows = ends(1_000)

    found = forecast(audited, series(), rows, by_time(rows, 700))

    assert found["windows over the cut"].severity == "none"
    assert (found["look-backs into train"].severity, found["look-backs into train"].count) == ("note", WINDOW)
    assert all(each.severity in ("none", "note") for each in found.values())


def test_a_training_window_whose_targets_reach_into_test_leaks(audited):
    rows = ends(1_000)
    split = ["test" if row + 1 >= 700 else "train" for row in rows]  # nothing left out at the border

    found = forecast(audited, series(), rows, split)["windows over the cut"]

    assert (found.severity, found.count) == ("leak", HORIZON - 1)
    assert "purge to 25" in found.sentence


def test_a_block_of_time_between_training_is_what_folds_ask_for(audited):
    rows = ends(1_000)
    codes = ["test" if 400 <= row < 600 else "train" if not 370 <= row < 630 else "left out" for row in rows]

    def told(blocks):
        return audited(
            series(),
            codes,
            kind="series",
            head="forecast",
            window=WINDOW,
            horizon=HORIZON,
            rows=rows,
            blocks=blocks,
        )["times of train and test"]

    assert (told(True).severity, told(False).severity) == ("note", "warning")
    assert told(True).count == 200
    assert "folds by time are so" in told(True).sentence


def test_windows_drawn_by_chance_leak(audited):
    rows = ends(1_000)
    split = np.random.default_rng(0).choice(["train", "test"], len(rows), p=[0.8, 0.2])

    assert forecast(audited, series(), rows, split)["windows over the cut"].severity == "leak"


def test_windows_of_other_groups_do_not_overlap(audited):
    frame = pl.concat([series(500, seed).with_columns(group=pl.lit(name)) for seed, name in enumerate("xy")])
    rows = np.r_[ends(500), ends(500) + 500]
    split = ["train"] * len(ends(500)) + ["test"] * len(ends(500))

    assert forecast(audited, frame, rows, split)["windows over the cut"].severity == "none"


def test_windows_with_a_class_may_not_share_a_row(audited):
    rows = np.arange(WINDOW - 1, 1_000)
    split = ["test" if row >= 700 else "train" for row in rows]
    frame = series(target=["x", "y"] * 500)

    found = audited(frame, split, kind="series", window=WINDOW, rows=rows)["windows over the cut"]

    assert (found.severity, found.count) == ("leak", WINDOW - 1)


def test_a_channel_that_was_shifted_the_wrong_way_is_found(audited):
    frame, rows = series(), ends(1_000)
    frame = frame.with_columns(mean=pl.col("a").shift(-1).fill_null(0))

    found = forecast(audited, frame, rows, by_time(rows, 700))["channels that know the next step"]

    assert (found.severity, found.examples) == ("leak", ("mean → a: 1.0000",))


def test_a_stretch_that_was_copied_to_the_end_is_found(audited):
    frame, rows = series(), ends(1_000)
    copied = pl.concat([frame[:800], frame[100:300].with_columns(time=frame["time"][800:1_000])])

    found = forecast(audited, copied, rows, by_time(rows, 700))["exact duplicates across parts"]

    assert found.severity == "leak"
    assert found.count > 150


def test_a_series_that_stands_still_is_no_copy_of_itself(audited):
    frame, rows = series().with_columns(a=pl.lit(1.0), b=pl.lit(2.0)), ends(1_000)

    assert (
        forecast(audited, frame, rows, by_time(rows, 700))["exact duplicates across parts"].severity == "none"
    )


def test_whole_groups_that_are_copies_are_found(audited, parted):
    cases = [
        series(50, seed).with_columns(group=pl.lit(f"{seed:03}"), target=pl.lit("ab"[seed % 2]))
        for seed in range(60)
    ]
    cases[9] = cases[8].with_columns(pl.col("a", "b") * 2 + 1, group=pl.lit("009"))
    split = parted(60)
    split[8] = "train"

    found = audited(pl.concat(cases), split, kind="series", window=50, rows=np.arange(0, 3_000, 50))

    assert found["near duplicates across parts"].severity == "leak"
    assert found["near duplicates across parts"].count == 1
    assert "groups on both sides" not in found
