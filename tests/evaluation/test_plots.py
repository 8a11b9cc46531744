import warnings

import polars as pl
import pytest

from pipeline.evaluation.flat_metrics import flat_metrics
from pipeline.evaluation.panel import judge_classes, judge_forecasts, judge_labels, judge_numbers
from pipeline.evaluation.pictures import write_pictures
from pipeline.evaluation.plots import plot_tables
from pipeline.leakage.findings import Finding

FILES = ["confusion.csv", "horizon.csv", "loss.csv", "models.csv"]
HOSTILE = ("$x_", "$\\frac{1}{0}$", "日本語", "<b>", "", "a\nb")


def test_the_tables_of_a_classification(class_case):
    judged = judge_classes(class_case(("a", "b")))

    tables = plot_tables(judged)

    assert sorted(tables) == FILES
    assert tables["loss.csv"].columns == ["epoch", "train", "val"]
    assert tables["loss.csv"]["epoch"].to_list() == list(range(12))
    pairs = tables["confusion.csv"]
    right = (pairs["actual"] == pairs["predicted"]).mean()
    assert right == pytest.approx(judged.lines[0].scores["accuracy"])
    assert tables["horizon.csv"].is_empty()
    assert tables["models.csv"]["model"].to_list() == ["cnn-lstm", "logistic", "floor_majority"]


def test_the_tables_of_a_forecast(forecast_case):
    judged = judge_forecasts(forecast_case(("a", "b")))

    tables = plot_tables(judged)

    horizon = tables["horizon.csv"]
    assert horizon.columns == ["step", "model", "best_rival", "cnn-lstm", "nlinear", "floor_last_value"]
    assert horizon["model"].mean() == pytest.approx(judged.lines[0].scores["mse"])
    assert horizon["best_rival"].equals(horizon["nlinear"].alias("best_rival"), null_equal=True)
    assert tables["confusion.csv"].is_empty()


def test_without_a_rival_its_column_is_there_and_empty(forecast_case):
    case = forecast_case(("a",))
    alone = type(case)(**{**vars(case), "entrants": case.entrants[:1]})

    horizon = plot_tables(judge_forecasts(alone))["horizon.csv"]

    assert horizon["best_rival"].null_count() == len(horizon) == 24


def test_metrics_are_few_flat_finite_numbers(class_case):
    flat = flat_metrics(judge_classes(class_case(("a", "b"))))

    assert set(flat) == {
        "test/accuracy", "test/accuracy_low", "test/accuracy_high", "test/balanced_accuracy",
        "test/macro_f1", "test/log_loss", "test/auc",
        "test/margin", "test/margin_low", "test/margin_high",
        "baseline/logistic/accuracy", "baseline/logistic/macro_f1",
        "baseline/floor_majority/accuracy", "baseline/floor_majority/macro_f1",
    }  # fmt: skip
    assert flat["test/accuracy_low"] < flat["test/accuracy"] < flat["test/accuracy_high"]


def test_metrics_of_several_labels_and_of_a_number_name_what_decides(label_case, number_case):
    labels, numbers = (
        flat_metrics(judge_labels(label_case(("a", "b")))),
        flat_metrics(judge_numbers(number_case())),
    )

    assert set(labels) == {
        "test/macro_f1", "test/macro_f1_low", "test/macro_f1_high", "test/micro_f1",
        "test/subset_accuracy", "test/hamming_loss", "test/auc",
        "test/margin", "test/margin_low", "test/margin_high",
        "baseline/logistic/macro_f1", "baseline/logistic/micro_f1",
        "baseline/floor_majority/macro_f1", "baseline/floor_majority/micro_f1",
    }  # fmt: skip
    assert set(numbers) == {
        "test/mse", "test/mse_low", "test/mse_high", "test/mae", "test/rmse", "test/r2",
        "test/mae_original", "test/rmse_original",
        "test/margin", "test/margin_low", "test/margin_high",
        "baseline/ridge/mse", "baseline/ridge/mae", "baseline/floor_mean/mse", "baseline/floor_mean/mae",
    }  # fmt: skip


def test_what_the_audit_found_is_among_the_metrics(class_case):
    leak = Finding(check="duplicates", severity="leak", sentence="3 of 9 are copies.", count=3, of=9)
    fine = Finding(check="groups", severity="none", sentence="No group stands on two sides.")

    flat = flat_metrics(judge_classes(class_case(("a", "b"), findings=(leak, fine))))

    assert flat["audit/leak"] == 1.0
    assert flat["audit/warning"] == 0.0


def test_pictures_have_equal_bytes_each_time(class_case, forecast_case, label_case, number_case, tmp_path):
    for name, judged in {
        "labels": judge_labels(label_case(HOSTILE)),
        "numbers": judge_numbers(number_case("$x$")),
        "classes": judge_classes(class_case(("a", "b"))),
        "forecast": judge_forecasts(forecast_case(("a",))),
    }.items():
        for turn in ("first", "second"):
            write_pictures(judged, tmp_path / name / turn)

        first, second = (
            {p.name: p.read_bytes() for p in (tmp_path / name / t).iterdir()} for t in ("first", "second")
        )
        assert sorted(first) == ["errors.png", "loss.png", "models.png"]
        assert first == second


def test_formulas_and_unknown_letters_in_names_are_drawn_as_they_are(class_case, tmp_path):
    judged = judge_classes(class_case(HOSTILE, count=60))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_pictures(judged, tmp_path)

    assert (tmp_path / "errors.png").stat().st_size > 5_000


def test_a_model_that_was_not_trained_still_has_all_plots(class_case, tmp_path):
    judged = judge_classes(class_case(("a", "b"), histories=[]))

    write_pictures(judged, tmp_path)

    assert plot_tables(judged)["loss.csv"].is_empty()
    assert (tmp_path / "loss.png").is_file()


def test_a_large_confusion_table_is_thinned_for_the_browser(class_case, monkeypatch):
    monkeypatch.setattr("pipeline.evaluation.plots.MOST_ROWS", 100)

    table = plot_tables(judge_classes(class_case(("a", "b"))))["confusion.csv"]

    assert isinstance(table, pl.DataFrame)
    assert len(table) == 100
