from datetime import datetime

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.division import Division
from pipeline.evaluation.judged import ClassDetails, ForecastDetails, History
from pipeline.evaluation.panel import judge_classes, judge_forecasts
from pipeline.foundation.errors import DataError

START = datetime(2024, 3, 1)


def changed(case, name, change):
    """Return ``case`` with one table changed."""
    tables = {**case.tables, name: [change(case.tables[name][0].collect()).lazy()]}
    return type(case)(**{**vars(case), "tables": tables})


def test_the_leaderboard_puts_the_best_first_and_gives_each_difference_an_interval(class_case):
    judged = judge_classes(class_case(("a", "b", "c")))

    assert [line.name for line in judged.lines] == ["cnn-lstm", "logistic", "floor_majority"]
    model, rival, floor = judged.lines
    assert model.margin is None
    assert rival.margin == pytest.approx(model.scores["accuracy"] - rival.scores["accuracy"])
    assert rival.margin_interval[0] < rival.margin < rival.margin_interval[1]
    assert floor.scores["accuracy"] == pytest.approx(134 / 400)
    low, high = model.intervals["macro_f1"]
    assert low < model.scores["macro_f1"] < high
    assert isinstance(judged.details, ClassDetails)


def test_a_paired_difference_is_surer_than_the_two_intervals_suggest(class_case):
    case = class_case(("a", "b"), skills=(2.0, 2.0))
    wrong = pl.col("prediction") != pl.col("target")
    put_right = wrong & (wrong.cum_sum() <= 10)  # the rival's own answers, but for ten of its mistakes
    better = pl.when(put_right).then("target").otherwise("prediction").alias("prediction")
    rival_s = case.tables["logistic"][0].collect()
    judged = judge_classes(changed(case, "cnn-lstm", lambda _: rival_s.with_columns(better)))

    model, rival, *_ = judged.lines

    assert judged.verdict.outcome == "beats"
    assert model.intervals["accuracy"][0] < rival.intervals["accuracy"][1]  # alone, the two overlap


def test_two_classes_get_an_auc(class_case):
    judged = judge_classes(class_case(("no", "yes")))

    assert judged.lines[0].scores["auc"] > 0.95
    assert judged.lines[-1].scores["auc"] == 0.5


def test_a_class_that_no_test_sample_has_does_no_harm(class_case):
    case = class_case(("a", "b", "absent"))
    some = case.tables["cnn-lstm"][0].collect()["target"] != "absent"
    for name in case.tables:
        case = changed(case, name, lambda table: table.filter(some))

    judged = judge_classes(case)

    assert all(np.isfinite(list(line.scores.values())).all() for line in judged.lines)


def test_one_class_predicted_for_all_is_the_headline(class_case):
    case = class_case(("a", "b"))
    case = changed(case, "cnn-lstm", lambda table: table.with_columns(prediction=pl.lit("b")))

    assert judge_classes(case).verdict.outcome == "one class"


def test_a_single_test_sample_is_judged_without_intervals(class_case):
    judged = judge_classes(class_case(("a", "b"), count=1))

    assert judged.how is None
    assert all(not line.intervals for line in judged.lines)
    assert "there is 1 independent sample, and 5 are needed" in judged.verdict.evidence


def test_a_test_split_of_one_class_claims_nothing(class_case):
    case = class_case(("a", "b", "c"))
    some = case.tables["cnn-lstm"][0].collect()["target"] == "b"
    for name in case.tables:
        case = changed(case, name, lambda table: table.filter(some))

    told = judge_classes(case).verdict

    assert told.outcome == "untested"
    assert told.headline.startswith("only one class, 'b', occurs in the test split")


def test_a_model_that_was_still_improving_is_told_so_and_another_is_not(class_case):
    epoch = np.arange(5.0)
    falling = History("cnn-lstm", epoch, train=-epoch, val=np.array([5.0, 4.0, 3.0, 2.0, np.nan]))
    turned = History("cnn-lstm", epoch, train=-epoch, val=np.array([5.0, 2.0, 3.0, 4.0, 5.0]))

    told, silent = (
        judge_classes(class_case(("a", "b"), histories=[history])).verdict.evidence
        for history in (falling, turned)
    )

    assert told.endswith("still improving when training stopped: raise training.epochs")
    assert "training.epochs" not in silent


def test_all_right_does_not_claim_certainty(class_case):
    judged = judge_classes(class_case(("a", "b"), count=40, skills=(50.0, 0.0)))

    assert judged.lines[0].scores["accuracy"] == 1.0
    assert 0.85 < judged.lines[0].intervals["accuracy"][0] < 0.95


def test_forecasts_are_scored_in_deviations_or_in_the_units_of_the_source(forecast_case):
    scaled = judge_forecasts(forecast_case(("a", "b")))
    original = judge_forecasts(forecast_case(("a", "b"), scores="original"))

    assert original.lines[0].scores["mse"] == pytest.approx(0.09, rel=0.05)
    assert scaled.lines[0].scores["mse"] == pytest.approx(original.lines[0].scores["mse"] / 0.25)
    assert scaled.lines[0].scores["r2"] == pytest.approx(original.lines[0].scores["r2"])
    assert scaled.verdict.outcome == "beats"
    assert "consecutive windows" in scaled.how


def test_the_errors_by_step_and_by_window_average_to_the_score(forecast_case, monkeypatch):
    monkeypatch.setattr("pipeline.evaluation.forecast.CHUNK_CELLS", 500)
    judged = judge_forecasts(forecast_case(("a", "b"), windows=100, steps=6))
    details = judged.details
    assert isinstance(details, ForecastDetails)

    errors = details.errors["cnn-lstm"]

    score = judged.lines[0].scores["mse"]
    assert errors.squared_by_step.mean() == pytest.approx(score)
    assert errors.by_window.mean() == pytest.approx(score, rel=1e-5)
    assert errors.absolute_by_step.mean() == pytest.approx(judged.lines[0].scores["mae"])


NAN = pl.lit(float("nan"), pl.Float32)


@pytest.mark.parametrize("name", ["cnn-lstm", "logistic"])
def test_probabilities_that_are_nan_are_refused_by_the_model_s_name(class_case, name):
    case = changed(class_case(("a", "b")), name, lambda table: table.with_columns(probability_a=NAN))

    with pytest.raises(DataError, match=f"400 of 800 probabilities of {name} are NaN"):
        judge_classes(case)


@pytest.mark.parametrize("name", ["cnn-lstm", "nlinear"])
def test_forecasts_that_are_nan_are_refused_by_the_model_s_name(forecast_case, name):
    worse = pl.when(pl.int_range(pl.len()) == 3).then(NAN).otherwise("prediction").alias("prediction")
    case = changed(forecast_case(("a",)), name, lambda table: table.with_columns(worse))

    with pytest.raises(DataError, match=f"1 of 7,200 predictions of {name} are NaN"):
        judge_forecasts(case)


def test_a_rival_that_answered_other_samples_is_refused(class_case, forecast_case):
    classes = changed(class_case(("a", "b")), "logistic", lambda table: table.head(399))
    forecasts = changed(
        forecast_case(("a",)), "nlinear", lambda table: table.with_columns(pl.col("sample_id") + 1)
    )

    with pytest.raises(DataError, match=r"logistic answered other test samples .*399 rows, 400 wanted"):
        judge_classes(classes)
    with pytest.raises(DataError, match="nlinear answered other test samples"):
        judge_forecasts(forecasts)


def test_a_table_out_of_order_is_refused(forecast_case):
    case = changed(forecast_case(("a", "b")), "cnn-lstm", lambda table: table.reverse())

    with pytest.raises(DataError, match="not ordered by window, channel and step"):
        judge_forecasts(case)


def test_an_empty_table_says_there_is_nothing_to_judge(class_case):
    case = changed(class_case(("a", "b")), "cnn-lstm", lambda table: table.clear())

    with pytest.raises(DataError, match="no predictions on the test split"):
        judge_classes(case)


def test_a_missing_deviation_names_the_channel_and_the_way_out(forecast_case):
    case = forecast_case(("a", "b"))
    case = type(case)(**{**vars(case), "scale": {"a": 1.0}})

    with pytest.raises(DataError, match=r"deviation of 'b'; set evaluation\.scores=original"):
        judge_forecasts(case)


def test_a_single_group_that_was_left_out_says_nothing_about_others_and_the_verdict_says_so(class_case):
    one = ["jackson"] * 400
    left_out = judge_classes(class_case(("a", "b"), groups=one, division=Division("leave_one_out")))
    in_time = judge_classes(class_case(("a", "b"), groups=one, division=Division("time")))

    told = "; all of them are of one group, 'jackson': how others fare is not known"

    assert told in left_out.verdict.evidence
    assert told not in in_time.verdict.evidence


def test_groups_that_a_split_by_time_shares_are_given_and_not_drawn(forecast_case):
    case = forecast_case(("a",), windows=400, steps=2)
    rows = pl.int_range(pl.len()) // 2  # two steps each
    shop = pl.concat_str(pl.lit("shop "), (rows % 8).cast(pl.String)).alias("group")
    hour = (pl.lit(START) + pl.duration(hours=rows // 8)).cast(pl.Datetime("us")).alias("time")
    for name in case.tables:
        case = changed(case, name, lambda table: table.with_columns(shop, hour))

    drawn = judge_forecasts(type(case)(**{**vars(case), "division": Division("group")}))
    given = judge_forecasts(type(case)(**{**vars(case), "division": Division("time")}))

    assert drawn.how.endswith("and of whole groups")
    assert given.how.endswith("which are the ones that were trained on: the split is by time")
