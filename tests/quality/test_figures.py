"""The tiers ``schema`` and ``profile``: every rule is seen to hold and to fail."""

from datetime import datetime, timedelta
from typing import get_args

import numpy as np
import polars as pl
import pytest

from pipeline.quality import gate
from pipeline.quality.suite import ClassMeasure, ColumnMeasure, TableMeasure

INF = float("inf")

# rule → (bounds that hold, bounds that do not, what is observed then)
COLUMN = {  # oil: 1, 2, 3, empty, infinite, NaN
    "nulls": ("max: 1", "max: 0", "1"),
    "null_share": ("max: 0.2", "max: 0.1", "0.166667"),
    "nans": ("max: 1", "max: 0", "1"),
    "infinite": ("max: 1", "max: 0", "1"),
    "distinct": ("min: 4", "min: 5", "4"),
    "min": ("min: 1", "min: 1.5", "1"),
    "max": ("max: 3", "max: 2.9", "3"),
    "mean": ("{min: 2, max: 2}", "max: 1.9", "2"),
    "std": ("min: 0.8", "min: 0.9", "0.816497"),
}
TABLE = {  # two groups of 4 and 2 rows, hourly, one repeated time, one out of order, one gap of 5 hours
    "rows": ("min: 6", "min: 7", "6"),
    "groups": ("{min: 2, max: 2}", "max: 1", "2"),
    "shortest_group": ("min: 2", "min: 3", "2"),
    "classes": ("min: 2", "min: 3", "2"),
    "alike_classes": ("max: 0", "min: 1", "0"),
    "missing_days": ("max: 0", "min: 1", "0"),
    "missing_day_share": ("max: 0", "min: 0.1", "0"),
    "unsorted_times": ("max: 1", "max: 0", "1"),
    "duplicate_times": ("max: 1", "max: 0", "1"),
    "largest_gap_seconds": ("max: 18000", "max: 3600", "18,000"),
    "gap_share": ("max: 0.25", "max: 0.2", "0.25"),
}
IMAGES = {  # four images, one unreadable, two alike, pixels 0 to 16
    "rows": ("{min: 4, max: 4}", "max: 3", "4"),
    "classes": ("max: 2", "max: 1", "2"),
    "defects": ("max: 1", "max: 0", "1"),
    "defect_share": ("max: 0.25", "max: 0.2", "0.25"),
    "duplicate_images": ("max: 1", "max: 0", "1"),
    "pixel_min": ("min: 0", "min: 1", "0"),
    "pixel_max": ("max: 16", "max: 15", "16"),
}
TEXTS = {  # four texts, two of them alike
    "duplicate_texts": ("max: 1", "max: 0", "1"),
}
CLIPS = {"clips": ("min: 2", "min: 3", "2"), "shortest_clip": ("min: 1", "min: 2", "1")}  # of 3 and 1 frames
SOUNDS = {"duplicate_sounds": ("max: 1", "max: 0", "1")}  # three recordings, two alike
CLASSES = {"class_rows": ("min: 2", "min: 3", "2"), "class_share": ("max: 0.7", "max: 0.5", "0.666667")}


def rule_text(rule: str, bounds: str, more: str = "") -> str:
    return f"profile:\n  - {{rule: {rule}, {more}{bounds.strip('{}')}}}\n"


@pytest.fixture
def meters(series) -> pl.DataFrame:
    hour = timedelta(hours=1)
    start = series(oil=[0.0])["time"][0]
    time = [start + n * hour for n in (0, 5, 5, 4, 0, 1)]
    return series(
        oil=[1.0, 2.0, 3.0, None, INF, float("nan")],
        group=["a"] * 4 + ["b"] * 2,
        time=time,
        target=["on", "on", "on", "on", "off", "off"],
    )


@pytest.fixture
def photos(images) -> pl.DataFrame:
    pictures = [bytes([0, 1, 2, 3]), bytes([0, 1, 2, 3]), None, bytes([9, 9, 9, 16])]
    return images(pictures, ["cat", "cat", "cat", "dog"])


def test_every_figure_of_the_suite_is_covered():
    assert set(COLUMN) == set(get_args(ColumnMeasure))
    tables = {*TABLE, *IMAGES, *TEXTS, *CLIPS, *SOUNDS}
    assert tables == set(get_args(TableMeasure))
    assert set(CLASSES) == set(get_args(ClassMeasure))


@pytest.mark.parametrize("rule", COLUMN)
def test_a_figure_of_a_column_is_judged(rule, judged, meters):
    holds, fails, observed = COLUMN[rule]

    good = judged(rule_text(rule, holds, "columns: oil, "), meters).finding
    bad = judged(rule_text(rule, fails, "columns: oil, "), meters).finding

    assert good.status == "held"
    assert good.observed == observed
    assert (bad.status, bad.failing, bad.failed) == ("stopped", {"oil": observed}, 1)


@pytest.mark.parametrize("rule", TABLE)
def test_a_figure_of_a_series_is_judged(rule, judged, meters):
    holds, fails, observed = TABLE[rule]

    good, bad = judged(rule_text(rule, holds), meters).finding, judged(rule_text(rule, fails), meters).finding

    assert (good.status, good.observed) == ("held", observed)
    assert (bad.status, bad.failing) == ("stopped", {rule: observed})


@pytest.mark.parametrize("rule", IMAGES)
def test_a_figure_of_images_is_judged(rule, judged, photos):
    holds, fails, observed = IMAGES[rule]

    good, bad = judged(rule_text(rule, holds), photos).finding, judged(rule_text(rule, fails), photos).finding

    assert (good.status, good.observed) == ("held", observed)
    assert (bad.status, bad.failing) == ("stopped", {rule: observed})


@pytest.mark.parametrize("rule", TEXTS)
def test_a_figure_of_texts_is_judged(rule, judged, texts):
    holds, fails, observed = TEXTS[rule]
    frame = texts(["a day", "a night", None, "a day"])

    good, bad = judged(rule_text(rule, holds), frame).finding, judged(rule_text(rule, fails), frame).finding

    assert (good.status, good.observed) == ("held", observed)
    assert (bad.status, bad.failing) == ("stopped", {rule: observed})


@pytest.mark.parametrize("rule", CLIPS)
def test_a_figure_of_clips_is_judged(rule, judged, images):
    holds, fails, observed = CLIPS[rule]
    frame = images([bytes(4)] * 4, ["run"] * 4).with_columns(clip=pl.Series(["a", "a", "a", "b"]))

    good, bad = judged(rule_text(rule, holds), frame).finding, judged(rule_text(rule, fails), frame).finding

    assert (good.status, good.observed) == ("held", observed)
    assert (bad.status, bad.failing) == ("stopped", {rule: observed})


@pytest.mark.parametrize("rule", SOUNDS)
def test_a_figure_of_recordings_is_judged(rule, judged, sounds):
    holds, fails, observed = SOUNDS[rule]
    frame = sounds([np.arange(100), np.arange(100), np.arange(50), None])

    good, bad = judged(rule_text(rule, holds), frame).finding, judged(rule_text(rule, fails), frame).finding

    assert (good.status, good.observed) == ("held", observed)
    assert (bad.status, bad.failing) == ("stopped", {rule: observed})


def test_a_trading_week_with_a_holiday_has_a_missing_day(judged, series):
    days = [datetime(2024, 1, 1) + timedelta(days=n) for n in range(28)]
    trading = [day for day in days if day.weekday() < 5 and day.day != 15]
    frame = series(price=[1.0] * len(trading), time=trading)

    missing = judged(rule_text("missing_days", "max: 0"), frame, step_seconds=86400.0).finding
    share = judged(rule_text("missing_day_share", "max: 0.04"), frame, step_seconds=86400.0).finding

    assert missing.failing == {"missing_days": "1"}
    assert share.failing == {"missing_day_share": "0.05"}


def test_classes_spelt_in_several_ways_are_counted(judged, series):
    frame = series(oil=[1.0] * 5, target=["On", "on", " on ", "off", "switched  off"])

    assert judged(rule_text("alike_classes", "max: 1"), frame).finding.failing == {"alike_classes": "2"}


def test_a_target_of_numbers_has_no_classes_and_takes_no_memory(judged, series, monkeypatch):
    monkeypatch.setattr("pipeline.quality.tally.CLASSES_AT_MOST", 100)
    frame = series(oil=[1.0] * 500, target=[str(n / 7) for n in range(500)])

    verdict = judged(rule_text("classes", "min: 2"), frame).verdict

    assert verdict.findings[0].status == "held"
    assert verdict.profile["classes"] == {}


@pytest.mark.parametrize("waiting", [1, 1_000_000])
def test_groups_are_counted_however_many_there_are(waiting, judged, series, monkeypatch):
    monkeypatch.setattr("pipeline.quality.tally.GROUPS_WAITING", waiting)
    group = [f"p{n // 3}" for n in range(299)] + [None]

    table = judged(rule_text("groups", "min: 1"), series(oil=[0.0] * 300, group=group)).verdict.profile[
        "table"
    ]

    assert (table["groups"], table["shortest_group"]) == (100, 1)


def test_pictures_are_only_read_where_a_rule_asks_for_them(judged, photos, monkeypatch):
    read = []
    original = gate.read_batches
    monkeypatch.setattr(
        gate, "read_batches", lambda path, names: read.append(tuple(names)) or original(path, names)
    )

    judged("profile:\n  - {rule: rows, min: 1}\nrows:\n  - {rule: readable}\n", photos)
    without = [names for names in read if "image" in names]
    judged(rule_text("duplicate_images", "max: 1"), photos)

    assert without == []
    assert [names for names in read if "image" in names] == [("encoding", "image")]


def test_figures_of_classes_name_the_class_that_fails(judged, meters):
    assert judged(rule_text("class_rows", "min: 2"), meters).finding.status == "held"
    assert judged(rule_text("class_rows", "min: 3"), meters).finding.failing == {"off": "2"}
    assert judged(rule_text("class_share", "max: 0.7"), meters).finding.status == "held"
    assert judged(rule_text("class_share", "max: 0.5"), meters).finding.failing == {"on": "0.666667"}


def test_a_class_without_rows_is_named(judged, meters):
    present = "profile:\n  - {rule: classes_present, names: ['on', 'off']}\n"
    absent = "profile:\n  - {rule: classes_present, names: ['on', broken]}\n"

    assert judged(present, meters).finding.status == "held"
    assert judged(absent, meters).finding.failing == {"broken": "has no row"}


def test_a_figure_that_cannot_be_measured_does_not_hold(judged, series):
    empty = series(oil=[None, None], time=[None, None])

    mean = judged(rule_text("mean", "min: 0", "columns: oil, "), empty).finding
    gap = judged(rule_text("largest_gap_seconds", "max: 10"), empty).finding

    assert (mean.status, mean.failing) == ("stopped", {"oil": "nothing to measure"})
    assert gap.status == "stopped"


def test_channels_stands_for_every_channel_and_only_those_that_fail_are_named(judged, series):
    frame = series(oil=[1.0, 2.0], gas=[None, 2.0], coal=[None, None])

    finding = judged(rule_text("null_share", "max: 0.4", "columns: channels, "), frame).finding

    assert finding.failing == {"gas": "0.5", "coal": "1"}
    assert finding.observed == "0 to 1 over 3"


def test_a_warning_lets_the_run_go_on(judged, meters):
    verdict = judged("profile:\n  - {rule: rows, min: 100, on_fail: warn}\n", meters).verdict

    assert verdict.held
    assert verdict.findings[0].status == "warned"


SCHEMA = """
schema:
  on_fail: {on_fail}
  more_columns: {more}
  columns: {{sample_id: Int64, oil: {oil}{extra}}}
"""


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({}, {}),
        ({"oil": "Int64"}, {"types": {"oil": "is Float64, wanted Int64"}}),
        ({"extra": ", gas: Float64"}, {"columns": {"gas": "missing"}}),
        ({"more": "refuse"}, {"more_columns": {"origin": "String, not listed"}}),
    ],
    ids=["as listed", "another type", "a column is missing", "a column too many"],
)
def test_columns_and_types_are_judged_by_the_footer(changes, failing, judged, series):
    suite = SCHEMA.format(**{"on_fail": "stop", "more": "allow", "oil": "Float64", "extra": "", **changes})

    verdict = judged(suite, series(oil=[1.0])).verdict

    assert verdict.held == (not failing)
    found = {finding.rule: finding.failing for finding in verdict.findings if finding.status != "held"}
    assert set(found) == set(failing)
    for rule, entries in failing.items():
        assert entries.items() <= found[rule].items()


def test_a_wrong_schema_leaves_the_other_tiers_out(judged, series):
    suite = SCHEMA.format(on_fail="stop", more="allow", oil="Int64", extra="")

    verdict = judged(suite + "rows:\n  - {rule: finite, columns: oil}\n", series(oil=[1.0])).verdict

    assert {finding.tier for finding in verdict.findings} == {"schema"}


def test_a_column_that_went_missing_breaks_the_checks_that_need_it(judged, series):
    suite = SCHEMA.format(on_fail="warn", more="allow", oil="Float64", extra=", gas: Float64")

    verdict = judged(suite + "rows:\n  - {rule: not_null, columns: gas}\n", series(oil=[1.0])).verdict

    assert not verdict.held
    assert verdict.findings[-1].status == "broken"
    assert verdict.findings[-1].error == "the table has no column gas"
