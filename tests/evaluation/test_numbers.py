import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.panel import judge_numbers
from pipeline.evaluation.report_numbers import number_section


def changed(case, name, change):
    """Return ``case`` with one table changed."""
    tables = {**case.tables, name: [change(case.tables[name][0].collect()).lazy()]}
    return type(case)(**{**vars(case), "tables": tables})


def test_a_number_is_judged_in_deviations_and_told_in_both_units(number_case):
    scaled, original = judge_numbers(number_case()), judge_numbers(number_case(scores="original"))

    model = scaled.lines[0]
    assert model.name == "cnn-lstm"
    assert model.scores["mse"] == pytest.approx(0.04, rel=0.2)
    assert model.scores["mae_original"] == pytest.approx(100 * model.scores["mae"])
    assert original.lines[0].scores["rmse"] == pytest.approx(model.scores["rmse_original"], rel=1e-5)
    assert original.lines[0].scores["rmse_scaled"] == pytest.approx(model.scores["rmse"], rel=1e-5)
    assert original.verdict.outcome == scaled.verdict.outcome == "beats"
    assert "on 300 test samples" in scaled.verdict.evidence
    assert scaled.how == "300 single samples"


def test_the_mean_as_a_floor_explains_no_variance(number_case):
    floor = judge_numbers(number_case()).lines[-1]

    assert floor.name == "floor_mean"
    assert floor.scores["r2"] == pytest.approx(0.0, abs=0.02)


def test_a_model_that_always_says_the_same_number_says_so_in_the_first_line(number_case):
    same = pl.col("prediction") * 1e-4 + 480
    case = changed(
        number_case(), "cnn-lstm", lambda table: table.with_columns(prediction=same.cast(pl.Float32))
    )

    told = judge_numbers(case).verdict

    assert told.outcome == "one class"
    assert told.headline == "cnn-lstm predicts nearly the same number, 480.1, for every test sample"


def test_a_model_worse_than_the_mean_says_so_in_the_first_line(number_case):
    told = judge_numbers(number_case(errors=(3.0, 3.5))).verdict

    assert told.outcome == "loses"
    assert told.headline == "cnn-lstm loses to the floor floor_mean, and no signal was found"


def test_without_a_known_deviation_the_units_of_the_source_are_enough(number_case):
    case = number_case(scores="original")
    case = type(case)(**{**vars(case), "scale": {}})

    judged = judge_numbers(case)

    assert "rmse_scaled" not in judged.lines[0].scores
    assert number_section(judged, judged.details).unit_titles == (
        "MAE in the source's units", "RMSE in the source's units",
    )  # fmt: skip


def test_the_samples_farthest_off_are_told_worst_first(number_case):
    judged = judge_numbers(number_case(examples=4))

    section = number_section(judged, judged.details)

    errors = np.abs([float(row.error.replace("−", "-").replace(",", "")) for row in section.mistakes])
    assert len(errors) == 4
    assert (np.diff(errors) <= 0).all()


def test_of_very_many_samples_only_some_are_drawn(number_case):
    judged = judge_numbers(number_case(count=2001))

    section = number_section(judged, judged.details)

    assert section.shown <= 500
    cloud = next(line for line in section.scatter.lines if line.look == "cloud")
    assert len(cloud.dots) == section.shown
    assert cloud.path == ""


def test_a_number_that_never_varies_is_judged_without_a_crash(number_case):
    case = number_case()
    for name in case.tables:
        still = pl.lit(5.0, pl.Float32)
        case = changed(case, name, lambda table, still=still: table.with_columns(target=still))

    judged = judge_numbers(case)

    assert "r2" not in judged.lines[0].scores
    assert number_section(judged, judged.details).mistakes
