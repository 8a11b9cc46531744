"""Nothing depends on how many rows are read at a time, whatever is asked for."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import PipelineError
from pipeline.preprocessing.question import Question

SETTINGS = [
    {},
    {"gaps": "fill", "missing": "previous"},
    {"missing": "mean", "gaps": "ignore"},
    {"missing": "mask", "calendar": ("hour", "yearday")},
    {"missing": "mask", "gaps": "fill", "smoothing": "fitted", "changes": "differences"},
    {"missing": "previous", "changes": "returns", "changed": ("heat",), "smoothing": 0.3},
    {"resample_seconds": 7200.0, "missing": "mean", "gaps": "fill"},
    {"resample_seconds": 5400.0, "missing": "previous", "gaps": "break"},
    {"missing": "previous", "split": {"kind": "group"}},
    {"missing": "mean", "split": {"kind": "time", "purge": 2, "val": 0.2}},
    {
        "missing": "mask",
        "smoothing": 0.3,
        "split": {"kind": "folds", "folds_of": "time", "folds": 3, "fold": 1},
    },
    {"missing": "mean", "split": {"kind": "walk", "folds": 2, "fold": 0, "history": "sliding", "test": 0.4}},
]
HEADS = [Question("forecast", horizon=2), Question("classify"), Question("regress"), Question("multilabel")]


def panel(groups, seed):
    """Return a table of several groups with jittering times, gaps, holes, and a target."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, rows in enumerate(groups):
        hours = np.cumsum(rng.choice([1, 1, 1, 1, 1, 2, 4], rows)) + rng.integers(0, 5)
        seconds = hours * 3600 + rng.integers(-300, 300, rows)
        times = [datetime(2024, 1, 1) + timedelta(seconds=int(value)) for value in seconds]
        parts.append(pl.DataFrame({"group": f"g{number:02}", "time": times}))
    frame = pl.concat(parts)
    rows = frame.height
    heat, wind = 100 + np.cumsum(rng.normal(size=rows)) * 0.1, rng.normal(size=rows)
    return frame.select(
        pl.int_range(pl.len()).alias("sample_id"), "group", pl.col("time").cast(pl.Datetime("us")),
        pl.lit(None, pl.String).alias("split"), pl.lit("t.csv").alias("origin"),
        pl.Series("heat", np.where(rng.random(rows) < 0.05, np.nan, heat)).fill_nan(None),
        pl.Series("wind", wind),
        pl.Series("target", rng.choice(["1", "2", "3"], rows)),
    )  # fmt: skip


@pytest.mark.parametrize("wanted", SETTINGS, ids=lambda wanted: "-".join(map(str, wanted)) or "none")
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_any_number_of_rows_at_a_time_gives_the_same_bytes(preparing, wanted, data):
    groups = data.draw(st.lists(st.integers(1, 60), min_size=4, max_size=8))
    frame = panel(groups, data.draw(st.integers(0, 10**6)))
    head = data.draw(st.sampled_from(HEADS))
    sizes = [None, *data.draw(st.lists(st.integers(5, 40), min_size=2, max_size=2))]
    wanted = {"missing": "previous", **wanted, "window": data.draw(st.integers(1, 5))}

    told = [outcome(preparing, frame, head, size, wanted) for size in sizes]

    assert told[0] == told[1] == told[2]


def outcome(preparing, frame, head, size, wanted):
    """Return the files, or what is refused: both have to be the same."""
    with tempfile.TemporaryDirectory() as name:
        try:
            result = preparing(Path(name), frame, head, size, **wanted)
        except PipelineError as error:
            return type(error)
        return result.bytes() | {"notes": result.notes}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.integers(20, 60), min_size=2, max_size=4), st.integers(0, 10**6), st.data())
def test_no_training_window_holds_a_time_that_val_or_test_is_asked_about(preparing, groups, seed, data):
    purge = data.draw(st.integers(0, 3))
    kind = data.draw(st.sampled_from(["time", "walk"]))
    split = {"kind": kind, "purge": purge, "test": 0.3, "folds": 2, "val": 0.2}
    frame = panel(groups, seed)

    with tempfile.TemporaryDirectory() as name:
        try:
            result = preparing(
                Path(name), frame, None, None, missing="previous", gaps="ignore", split=split, window=2
            )
        except PipelineError:
            return
        times, group = frame["time"].to_numpy(), frame["group"].to_numpy()
        reach, since = {}, {}
        for part, starts in result.starts.items():
            rows = starts[:, None] + np.arange(4)
            assert (group[rows] == group[rows[:, :1]]).all()
            reach[part], since[part] = times[rows].max(), times[rows[:, 2:]].min()

    assert reach["train"] < since["val"]
    assert reach["val"] < since["test"]
