"""The tier ``rows``: every rule is seen to hold, to fail, and to pass over empty cells."""

import io
from datetime import timedelta
from itertools import chain
from typing import get_args

import numpy as np
import polars as pl
import pytest
from great_expectations.datasource.fluent.interfaces import Batch
from PIL import Image

from pipeline.foundation.errors import ConfigError
from pipeline.quality import parquet, rows
from pipeline.quality.read import SuiteFile
from pipeline.quality.rows import judge_rows
from pipeline.quality.suite import AnyRowRule, Suite

INF, NAN = float("inf"), float("nan")

# rule → (suite, cells of its column, ids of the rows that break it)
CELLS = {
    "not_null": ("{rule: not_null, columns: oil}", {"oil": [1.0, None, NAN]}, [1, 2]),
    "finite": ("{rule: finite, columns: oil}", {"oil": [1.0, None, INF, -INF, NAN, 1.7e308]}, [2, 3, 4]),
    "between": (
        "{rule: between, columns: oil, min: 0, max: 2}",
        {"oil": [0.0, 2.0, None, -0.1, 2.1, INF]},
        [3, 4, 5],
    ),
    "one_of": ("{rule: one_of, columns: target, values: [0, b]}", {"target": ["0", "b", None, "B"]}, [3]),
    "matches": ("{rule: matches, columns: target, pattern: ^a}", {"target": ["ab", None, "ba"]}, [2]),
    "length": ("{rule: length, columns: target, min: 1, max: 2}", {"target": ["ab", None, "abc"]}, [2]),
    "positive": ("{rule: positive, columns: oil}", {"oil": [0.5, None, 0.0, -1.0, NAN]}, [2, 3]),
    "not_below": (
        "{rule: not_below, columns: high, others: [low, close]}",
        {
            "high": [3.0, 1.0, None, 2.0, 1.0],
            "low": [1.0, 2.0, 5.0, 2.0, None],
            "close": [2.0, 0.0, 5.0, 9.0, 0.5],
        },
        [1, 3],
    ),
    "has_words": (
        "{rule: has_words, columns: target}",
        {"target": ["fine", None, "https://t.co/x @me <br/>", "?!", "😀", "7"]},
        [2, 3],
    ),
    "language": (
        "{rule: language, columns: target, names: [en]}",
        {"target": ["that is what they were there for", None, "das ist nicht das was wir noch haben", "Hm"]},
        [2],
    ),
    "script": (
        "{rule: script, columns: target, names: Latin}",
        {"target": ["good", None, "хорошо", "!!!", "хо ok ok"]},
        [2],
    ),
    "unique_time": ("{rule: unique_time}", {"hours": [0, 1, 1, 1, 2]}, [2, 3]),
}


def suite(rule: str) -> str:
    return f"rows:\n  - {rule}\n"


@pytest.fixture
def table(series):
    """Return a function that makes a series from the cells of one column, or from hours."""

    def make(*, hours=None, target=None, **channels):
        start = series(oil=[0.0])["time"][0]
        size = len(hours or target or next(iter(channels.values())))
        time = [None if n is None else start + n * timedelta(hours=1) for n in hours or range(size)]
        return series(time=time, target=target, **(channels or {"oil": [0.0] * size}))

    return make


def test_every_rule_is_covered():
    kinds = {name for kind in get_args(AnyRowRule) for name in get_args(kind.model_fields["rule"].annotation)}
    assert set(CELLS) | {"readable", "not_blank", "not_silent", "duration"} == kinds


@pytest.mark.parametrize("kind", CELLS)
def test_rows_that_break_a_rule_are_set_aside_with_the_reason(kind, judged, table):
    text, cells, bad = CELLS[kind]

    result = judged(suite(text), table(**cells))

    assert sorted(result.reasons) == bad
    assert (result.finding.status, result.finding.failed) == ("quarantined", len(bad))
    assert all(reason for reason in result.reasons.values())


@pytest.mark.parametrize("kind", CELLS)
def test_rows_that_keep_a_rule_stay(kind, judged, table):
    text, cells, bad = CELLS[kind]
    good = table(**cells).filter(~pl.col("sample_id").is_in(bad))

    result = judged(suite(text), good)

    assert result.reasons == {}
    assert (result.finding.status, result.finding.observed) == ("held", "every row holds")


def test_an_unreadable_image_is_set_aside_and_says_why(judged, images):
    result = judged(suite("{rule: readable}"), images([bytes(4), None], ["cat", "dog"]))

    assert result.reasons == {1: "defect says that it cannot be read"}
    assert result.finding.examples[0].value == "image file is truncated"
    assert result.finding.examples[0].origin == "photos/1.png"


def test_a_blank_image_is_set_aside_whatever_it_is_stored_as(judged, images):
    noise = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    stored = {
        encoding: [image_file(pixels, encoding) for pixels in (noise, np.full((8, 8, 3), 90, np.uint8))]
        for encoding in ("png", "jpeg", "gif", "bmp")
    }
    frame = images([bytes([1, 2, 3, 4]), bytes(4), *chain(*stored.values()), None], ["a"] * 11)
    frame = frame.with_columns(encoding=pl.Series(["raw", "raw", *np.repeat(list(stored), 2), None]))

    result = judged(suite("{rule: not_blank}"), frame)

    assert sorted(result.reasons) == [1, 3, 5, 7, 9]
    assert result.reasons[1] == "image is blank: one brightness everywhere"
    assert result.finding.examples[0].value == "differs by 0"


def test_a_silent_recording_and_one_too_short_are_set_aside(judged, sounds):
    wave = (np.sin(np.arange(8000) / 5) * 9000).astype(np.int16)
    frame = sounds([wave, np.zeros(8000), np.full(8000, 5), wave[:80], None])

    result = judged("rows:\n  - {rule: not_silent}\n  - {rule: duration, min: 0.05, max: 60}\n", frame)

    assert result.reasons == {
        1: "sound is silent: nowhere above -60 dB",
        2: "sound is silent: nowhere above -60 dB",
        3: "samples is not 0.05 to 60 seconds",
    }
    assert [finding.examples[0].value for finding in result.verdict.findings] == [
        "-120 dB at most",
        "0.01 seconds",
    ]


def image_file(pixels, encoding: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, encoding)
    return content.getvalue()


def test_rounding_is_no_breach_of_an_order(judged, series):
    frame = series(high=[0.1 + 0.2, 51.45, 51.0], close=[0.3, 51.450001, 51.45])

    result = judged(suite("{rule: not_below, columns: high, others: close}"), frame)

    assert sorted(result.reasons) == [2]
    assert result.reasons[2] == "high is below close"


def test_reasons_are_kept_as_far_as_needed_and_all_rows_are_counted(judged, series, monkeypatch):
    monkeypatch.setattr("pipeline.quality.gate.EVIDENCE_ROWS", 3)

    result = judged(suite("{rule: positive, columns: oil}"), series(oil=[-1.0] * 10 + [1.0] * 10), limit=0.1)

    assert (result.verdict.quarantined, result.verdict.held) == (10, False)
    assert list(result.reasons) == [0, 1, 2]


def test_a_row_with_several_faults_lists_them(judged, series):
    frame = series(oil=[1.0, INF], gas=[1.0, NAN], target=["a", None])
    text = "rows:\n  - {rule: finite, columns: channels}\n  - {rule: not_null, columns: target}\n"

    assert judged(text, frame).reasons == {1: "oil is not finite; gas is not finite; target is empty"}


def test_a_rule_on_many_columns_counts_rows_by_column(judged, series):
    frame = series(oil=[INF, INF, 1.0], gas=[INF, 1.0, 1.0])

    finding = judged(suite("{rule: finite, columns: channels}"), frame).finding

    assert finding.failed == 2
    assert finding.failing == {"gas": "1", "oil": "2"}
    assert finding.checked == 6


def test_times_can_be_bounded(judged, table):
    text = "{rule: between, columns: time, min: 2024-01-01, max: 2024-01-01T02:00:00}"

    result = judged(suite(text), table(hours=[0, 2, None, 3, -1]))

    assert sorted(result.reasons) == [3, 4]
    assert result.reasons[3] == "time is not 2024-01-01 00:00:00 to 2024-01-01 02:00:00"


def test_keep_none_sets_every_row_of_a_repeated_time_aside(judged, table):
    result = judged(suite("{rule: unique_time, keep: none}"), table(hours=[0, 1, 1, 2]))

    assert sorted(result.reasons) == [1, 2]
    assert result.reasons[1] == "group and time repeat those of another row"


def test_one_time_in_two_groups_is_no_repetition_and_rows_without_time_are_left_alone(judged, series):
    start = series(oil=[0.0])["time"][0]
    frame = series(oil=[0.0] * 5, group=["a", "a", "b", None, None], time=[start, None, start, start, None])

    assert judged(suite("{rule: unique_time}"), frame).reasons == {}


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_size_of_the_batches_changes_nothing(size, judged, series, monkeypatch):
    start = series(oil=[0.0])["time"][0]
    hours = [0, 1, 1, 1, 1, 2, 3, 3, 4, 5]
    frame = series(
        oil=[0.0, 1.0, INF, 3.0, 4.0, NAN, 6.0, 7.0, -INF, 9.0],
        time=[start + n * timedelta(hours=1) for n in hours],
    )
    text = """
rows:
  - {rule: unique_time}
  - {rule: finite, columns: oil}
  - {rule: between, columns: oil, max: 8, on_fail: warn}
"""
    whole = judged(text, frame)

    monkeypatch.setattr(parquet, "BATCH_ROWS", size)
    cut = judged(text, frame)

    assert sorted(cut.reasons) == [2, 3, 4, 5, 7, 8]
    assert cut.reasons == whole.reasons
    assert cut.verdict == whole.verdict


def test_memory_is_bounded_by_the_batch_not_by_the_table(judged, series, monkeypatch):
    sizes = []
    original = rows.judge
    monkeypatch.setattr(rows, "judge", lambda e, c: sizes.append(len(c["value"])) or original(e, c))
    monkeypatch.setattr(parquet, "BATCH_ROWS", 50)

    finding = judged(
        suite("{rule: finite, columns: channels}"), series(oil=[0.0] * 220, gas=[0.0] * 220)
    ).finding

    assert sizes == [100, 100, 100, 100, 40]
    assert finding.checked == 440


def test_the_image_bytes_are_not_read_for_the_rows(images):
    file = SuiteFile("quality.yaml", Suite.model_validate({"rows": [{"rule": "readable"}]}), {})
    frame = images([bytes(4)], ["cat"])

    needed = rows.needed_columns(file, dict.fromkeys(frame.columns, "String"), {})

    assert needed == ["sample_id", "group", "time", "origin", "defect"]


def test_great_expectations_judges_every_rule(judged, series, monkeypatch):
    asked = []
    original = Batch.validate
    monkeypatch.setattr(
        Batch, "validate", lambda self, e, **k: asked.append(e.expectation_type) or original(self, e, **k)
    )
    text = """
schema: {columns: {oil: Float64}, more_columns: allow}
profile:
  - {rule: rows, min: 1}
  - {rule: mean, columns: channels, max: 5}
  - {rule: classes_present, names: [a]}
rows:
  - {rule: finite, columns: channels}
  - {rule: unique_time}
  - {rule: not_null, columns: target}
  - {rule: one_of, columns: target, values: [a]}
"""

    verdict = judged(text, series(oil=[1.0, 2.0], target=["a", "a"])).verdict

    assert [finding.expectation for finding in verdict.findings] == asked
    assert len(asked) == 9
    assert verdict.held


def test_what_great_expectations_answers_is_what_counts(judged, series, monkeypatch):
    class Refusal:
        success = False
        exception_info: dict[str, object] = {"raised_exception": False}  # noqa: RUF012
        result = {"element_count": 2, "unexpected_index_list": [1], "missing_count": 0}  # noqa: RUF012

    monkeypatch.setattr(Batch, "validate", lambda *_, **__: Refusal())

    assert list(judged(suite("{rule: finite, columns: oil}"), series(oil=[1.0, 2.0])).reasons) == [1]


def test_a_check_that_raises_is_told_apart_from_bad_data(series):
    rule = {"rule": "between", "columns": ["target"], "min": 0}
    file = SuiteFile("quality.yaml", Suite.model_validate({"rows": [rule]}), {("rows", 0): 7})

    judged = judge_rows(file, [series(oil=[1.0], target=["a"])], words={"channels": ("oil",)}, examples=5)

    assert judged.findings[0].status == "broken"
    assert "must either be None or of the same type" in str(judged.findings[0].error)
    assert judged.findings[0].stops
    assert judged.set_aside.is_empty()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{rule: finite, columns: [oill]}", "the table has no column oill; did you mean oil?"),
        ("{rule: finite, columns: zzz}", "it has: sample_id, group, time"),
        ("{rule: finite, columns: target}", "target holds String, and finite needs a column of numbers"),
        (
            "{rule: matches, columns: oil, pattern: a}",
            "oil holds Float64, and matches needs a column of text",
        ),
        ("{rule: between, columns: oil, min: 2024-01-01}", "needs a column of times"),
        ("{rule: readable}", "it is about images, and the table holds a series"),
    ],
)
def test_a_rule_about_a_wrong_column_is_a_mistake_in_the_suite(rule, said, judged, series):
    with pytest.raises(ConfigError) as error:
        judged(suite(rule), series(oil=[1.0], target=["a"]))

    assert str(error.value).startswith("quality.yaml:2 rows[0]")
    assert said in str(error.value)


def test_images_have_no_channels(judged, images):
    with pytest.raises(ConfigError, match="channels means every channel, and images have none"):
        judged(suite("{rule: finite, columns: channels}"), images([bytes(4)], ["cat"]))
