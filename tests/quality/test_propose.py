import tarfile
from datetime import timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter

from pipeline.foundation.steps import step_seconds
from pipeline.quality.passing import passing
from pipeline.quality.propose import propose_limit, propose_suite
from pipeline.quality.read import rule_names
from pipeline.quality.rules_reference import ReferenceColumnMeasure, ReferenceTableMeasure
from pipeline.quality.suite import ClassMeasure, ColumnMeasure, TableMeasure
from pipeline.quality.wording import HEAD
from pipeline.sources.base import SourceTable
from pipeline.sources.build import build_source
from pipeline.sources.catalogue.entry import entry
from pipeline.sources.config import CsvConfig, DigitsConfig, SourceConfig

DATASETS = Path(__file__).parents[2].parent / "shared" / "datasets"


@pytest.fixture
def accepted(judged):
    """Return a function that proposes a suite for a table and judges that very table by it."""

    def check(table: SourceTable):
        text = propose_suite(table)
        result = judged(
            text,
            table.frame,
            step_seconds=step_seconds(table.frame),
            limit=propose_limit(table),
            categories=table.categories,
        )
        stopping = [finding for finding in result.verdict.findings if finding.stops]
        assert stopping == []
        assert result.verdict.held
        foretold = set(table.frame.filter(~passing(table))["sample_id"])
        if table.kind in ("images", "sound"):  # blank and silent ones are not told beforehand
            assert foretold <= set(result.reasons)
        else:
            assert foretold == set(result.reasons)
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
    for name in (*get_args(ReferenceColumnMeasure), *get_args(ReferenceTableMeasure)):
        assert name in HEAD
    for name in (*rule_names("profile"), *rule_names("rows")):
        assert name in HEAD


def test_equal_tables_give_equal_proposals(series):
    frame = series(oil=np.random.default_rng(1).normal(size=500))

    assert propose_suite(series_table(frame)) == propose_suite(series_table(frame.clone()))


def test_prices_get_the_rules_of_prices(series):
    frame = series(
        open=[2.0, 2.0, 3.0],
        high=[3.0, 2.5, 4.0],
        low=[1.0, 2.0, 2.0],
        close=[2.0, 2.0, 3.0],
        volume=[5.0, 0.0, 7.0],
    )

    text = propose_suite(series_table(frame))

    assert "- rule: positive\n    columns: [open, high, low, close]\n    on_fail: quarantine" in text
    assert "columns: [high]\n    others: [low, open, close]" in text
    assert "columns: [open, close]\n    others: [low]" in text


@pytest.mark.parametrize(
    "names", [["high", "low"], ["open", "close", "volume"], ["highway", "lowland", "opening"]]
)
def test_what_only_sounds_like_prices_does_not(names, series):
    text = propose_suite(series_table(series(**{name: [1.0, 2.0, 3.0] for name in names})))

    assert "rule: not_below" not in text


def test_rules_that_many_rows_break_only_warn(accepted, series):
    frame = series(open=[1.0] * 10, high=[0.5] * 10, low=[1.0] * 10, close=[1.0] * 10)

    text, result = accepted(series_table(frame))

    assert "10 rows now" in text
    assert result.reasons == {}


def test_impossible_values_are_told_by_the_name_of_a_column(series, judged):
    sane = [float(n) for n in range(90, 180)]
    table = series_table(series(ap_hi=[*sane, 16020.0, -100.0], age=[n * 365.0 for n in range(92)]))

    text = propose_suite(table)

    finding = next(f for f in judged(text, table.frame).verdict.findings if f.columns == ("ap_hi",))
    assert "ap_hi: a systolic blood pressure in mmHg is 40 to 300. 2 rows now." in text
    assert (finding.status, finding.failed, finding.wanted) == ("warned", 2, "40 to 300")
    assert "an age in years" not in text  # most are no years


def test_values_far_from_all_others_are_left_out_of_the_range(series, judged):
    values = [*np.random.default_rng(0).normal(100, 10, 1000), 1e7]
    table = series_table(series(sensor=values))

    finding = next(
        f for f in judged(propose_suite(table), table.frame).verdict.findings if f.rule == "between"
    )

    assert (finding.status, finding.failed) == ("warned", 1)
    assert finding.examples[0].value == "10,000,000"


def test_codes_get_their_values_instead_of_a_range(series):
    text = propose_suite(series_table(series(smokes=[0.0, 1.0] * 50)))

    assert "columns: [smokes]\n    values: [0, 1]\n    on_fail: warn" in text


def test_a_target_of_numbers_is_not_pinned_to_the_numbers_of_today(series):
    frame = series(oil=[float(n) for n in range(100)], target=[f"{n / 3:.3f}" for n in range(100)])

    by_values, by_head = (
        propose_suite(series_table(frame)),
        propose_suite(series_table(frame), head="regress"),
    )

    assert "rule: one_of" not in by_values
    assert by_values == by_head


def test_combinations_of_labels_are_not_taken_for_classes(texts):
    table = SourceTable("text", texts(["a day", "a night"] * 20, ["1,2", "1", "3,4", "2"] * 10))

    assert "rule: classes_present" in propose_suite(table)
    assert "rule: classes_present" not in propose_suite(table, head="multilabel")


def test_of_the_first_rows_an_unknown_class_is_no_mistake(texts):
    table = SourceTable("text", texts(["a day", "a night"] * 20))

    first = propose_suite(table, whole=False)

    assert "Only the first rows were looked at." in first
    assert "values: [a, b]\n    on_fail: warn" in first


def test_a_language_that_nearly_all_texts_share_is_proposed(accepted, texts):
    table = SourceTable(
        "text", texts(["this is what they have been there for"] * 40 + ["ok", "https://t.co", None, "?"])
    )

    text, result = accepted(table)

    assert "names: [en]" in text
    assert "half of them up to 37" in text
    assert sorted(result.reasons) == [41, 42, 43]
    assert propose_limit(table) > 0.05


def test_recordings_get_rules_about_what_can_be_heard(accepted, sounds):
    wave = (np.sin(np.arange(4000) / 5) * 9000).astype(np.int16)
    table = SourceTable(
        "sound", sounds([wave, wave * 0, wave[:100], None, *[wave[n:] for n in range(1, 60)]])
    )

    text, result = accepted(table)

    assert "1 of the 62 looked at are." in text
    assert "values: [8000]" in text
    assert sorted(result.reasons) == [1, 2, 3]


def test_frames_of_clips_that_are_blank_are_kept(accepted, images):
    frame = images([bytes([n, 1, 2, 3]) if n % 5 else bytes(4) for n in range(20)], ["run", "jump"] * 10)
    frame = frame.with_columns(
        clip=pl.Series(["a", "b"]).gather([0] * 10 + [1] * 10), step=pl.Series([*range(10)] * 2)
    )

    text, result = accepted(SourceTable("clips", frame.cast({"step": pl.Int32})))

    assert "There are 2 clips" in text
    assert result.reasons == {}
    assert [f.status for f in result.verdict.findings if f.rule == "not_blank"] == ["warned"]


def real(name: str, **settings) -> SourceTable:
    """Return rows of a data set of the mirror, read with the settings of its catalogue entry."""
    if not (DATASETS / name).is_dir():
        pytest.skip(f"{DATASETS} is not there: the shared data sets are missing")
    own = {
        key: value.replace("{data}", str(DATASETS / name)) if isinstance(value, str) else value
        for key, value in entry(name).tree["sources"].items()
    }
    return build_source(TypeAdapter(SourceConfig).validate_python({**own, **settings}), Path()).read(
        most=20_000
    )


def test_the_impossible_pressures_of_cardio_are_told_and_kept(accepted):
    _, result = accepted(real("cardio"))

    warned = {f.columns[0]: f.failed for f in result.verdict.findings if f.status == "warned"}
    assert warned["ap_hi"] > 50
    assert warned["ap_lo"] > 200
    assert result.reasons == {}


def test_days_of_djia_with_a_high_below_the_low_are_set_aside(accepted):
    text, result = accepted(real("djia30_2006_2018"))

    assert "Weekdays that usually have rows and have none" in text
    assert 10 < len(result.reasons) < 200
    assert any("High is below Low, Open, Close" in reason for reason in result.reasons.values())


def test_posts_hold_for_what_is_proposed_from_them(accepted):
    text, result = accepted(real("social_media_sentiments"))

    assert "names: [en]" in text
    assert "duplicate_texts" in text
    assert result.reasons == {}


def test_x_rays_hold_for_what_is_proposed_from_them(accepted):
    text, result = accepted(real("covid_xray"))

    assert "rule: not_blank" in text
    assert {finding.status for finding in result.verdict.findings} == {"held"}


def test_slices_of_spoken_digits_hold_for_what_is_proposed_from_them(accepted, tmp_path):
    path = DATASETS / "fsdd" / "recordings.tar"
    if not path.is_file():
        pytest.skip(f"{path} is not there: the shared data sets are missing")
    with tarfile.open(path) as archive:
        of_jackson = [member for member in archive if "_jackson_1" in member.name]
        archive.extractall(tmp_path, of_jackson)  # noqa: S202 - known files; Python 3.11.2 has no filters

    text, result = accepted(real("fsdd", path=str(tmp_path / "recordings")))

    assert "Recordings have 8,000 samples per second" in text
    assert {finding.status for finding in result.verdict.findings} == {"held"}
