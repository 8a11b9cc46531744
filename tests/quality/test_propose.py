from datetime import timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest

from pipeline.foundation.steps import step_seconds
from pipeline.quality.propose import propose_limit, propose_suite
from pipeline.quality.read import rule_names
from pipeline.quality.suite import ClassMeasure, ColumnMeasure, TableMeasure
from pipeline.quality.wording import HEAD
from pipeline.sources.base import SourceTable
from pipeline.sources.build import build_source
from pipeline.sources.config import CsvConfig, DigitsConfig

DATASETS = Path(__file__).parents[2].parent / "shared" / "datasets"


@pytest.fixture
def accepted(judged):
    """Return a function that proposes a suite for a table and judges that very table by it."""

    def check(table: SourceTable):
        text = propose_suite(table)
        result = judged(text, table.frame, step_seconds=step_seconds(table.frame), limit=propose_limit(table))
        stopping = [finding for finding in result.verdict.findings if finding.stops]
        assert stopping == []
        assert result.verdict.held
        return text, result

    return check


def series_table(frame: pl.DataFrame) -> SourceTable:
    fixed = ("sample_id", "group", "time", "split", "origin", "target")
    return SourceTable("series", frame, tuple(name for name in frame.columns if name not in fixed))


def test_the_digits_hold_for_what_is_proposed_from_them_and_nothing_warns(accepted):
    text, result = accepted(build_source(DigitsConfig(), Path()).read())

    assert {finding.status for finding in result.verdict.findings} == {"held"}
    assert "    image: Binary" in text
    assert "values: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']" in text


def test_the_suite_of_the_default_project_holds_for_the_digits(judged):
    text = (Path(__file__).parents[2] / "quality.yaml").read_text()

    verdict = judged(text, build_source(DigitsConfig(), Path()).read().frame, limit=0.0).verdict

    assert verdict.held
    assert {finding.status for finding in verdict.findings} == {"held"}


def test_an_hourly_series_holds_for_what_is_proposed_from_it(accepted):
    path = DATASETS / "ett" / "ETTh1.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not there: the shared data sets are missing")

    _, result = accepted(build_source(CsvConfig(path=str(path), time="date"), Path()).read())

    assert {finding.status for finding in result.verdict.findings} == {"held"}


def test_a_messy_series_holds_and_the_comments_say_how_messy(accepted, series):
    rng = np.random.default_rng(0)
    start = series(oil=[0.0])["time"][0]
    hours = [*range(60), *range(60), *range(70, 100)]
    frame = series(
        oil=[rng.normal() if n % 9 else None for n in range(150)],
        gas=[float("inf") if n == 5 else 1e3 + n for n in range(150)],
        coal=[None] * 150,
        stuck=[4.0] * 150,
        group=["a"] * 60 + ["b"] * 90,
        time=[start + timedelta(hours=hour if n != 119 else 58) for n, hour in enumerate(hours)],
        target=[None if n == 7 else "xyz"[rng.integers(3)] for n in range(150)],
    )

    text, result = accepted(series_table(frame))

    assert "1 cells now" in text
    assert "say nothing now: coal, stuck" in text
    assert sorted(result.reasons) == [5, 7, 119]


def test_images_with_defects_hold_with_the_limit_that_is_proposed(accepted, images):
    frame = images([bytes([n, 1, 2, 3]) if n % 5 else None for n in range(20)], ["cat", "dog"] * 10)
    table = SourceTable("images", frame)

    text, result = accepted(table)

    assert propose_limit(table) == 0.24
    assert "4 rows now" in text
    assert len(result.reasons) == 4


def test_names_that_yaml_would_misread_survive(accepted, series):
    names = ["yes", "1", "a: b", "- c", "{d}", "# e", "two\nlines", "tab\t", "'q'", "é", "on_fail"]
    frame = series(target=["no", "null"], **{name: [1.0, 2.0] for name in names})

    text, _ = accepted(series_table(frame))

    assert "values: [no, 'null']" in text


def test_more_channels_than_anyone_edits_get_no_range_each(accepted, series):
    frame = series(**{f"c{n}": [1.0, 2.0, 3.0] for n in range(200)})

    text, _ = accepted(series_table(frame))

    assert "columns: channels" in text
    assert "rule: between" not in text


def test_ranges_are_guesses_and_only_warn(series, judged):
    table = series_table(series(oil=[0.0, 10.0]))

    finding = judged(propose_suite(table), series(oil=[0.0, 15.1])).finding

    assert (finding.rule, finding.status, finding.wanted) == ("between", "warned", "0 to 15")


def test_a_target_with_one_class_is_stopped(series, judged):
    table = series_table(series(oil=[0.0, 1.0], target=["a", "a"]))

    failing = [f.rule for f in judged(propose_suite(table), table.frame).verdict.findings if f.stops]

    assert failing == ["classes"]


def test_the_head_of_a_proposal_names_every_rule_there_is():
    for name in (*get_args(ColumnMeasure), *get_args(TableMeasure), *get_args(ClassMeasure)):
        assert name in HEAD
    for name in (*rule_names("profile"), *rule_names("rows")):
        assert name in HEAD


def test_equal_tables_give_equal_proposals(series):
    frame = series(oil=np.random.default_rng(1).normal(size=500))

    assert propose_suite(series_table(frame)) == propose_suite(series_table(frame.clone()))
