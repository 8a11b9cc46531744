import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, load_digits

from pipeline.config import Config
from pipeline.foundation.errors import IntegrityError
from pipeline.foundation.folder import stage_folder
from pipeline.stages.run import run

ETTH1 = Path(__file__).parents[3] / "shared" / "datasets" / "ett" / "ETTh1.csv"
REPEAT = (1.295, 0.713)
"""Scaled MSE and MAE of "repeat last value" on ETTh1/96 as published (Zeng et al. 2023, table 2)."""


def digits_project(class_project):
    digits = load_digits()
    return class_project(digits.images, digits.target, classes=tuple("0123456789"), counts=(1200, 200, 397))


def table(project, name):
    return pl.read_parquet(project / "data" / "baseline" / f"{name}.parquet")


def report(project):
    return json.loads((project / "data" / "baseline" / "report.json").read_text())


def test_a_classification_of_images_gets_its_floor_and_its_rivals_and_nothing_else(class_project):
    project = digits_project(class_project)

    run("baseline", Config(), project)

    told = report(project)
    assert sorted(told["models"]) == ["gradient_boosting", "logistic", "majority"]
    assert told["left_out"] == {}
    assert told["classes"] == list("0123456789")
    logistic, majority = table(project, "logistic"), table(project, "majority")
    assert logistic["sample_id"].to_list() == list(range(1400, 1797))
    assert (logistic["target"] == logistic["prediction"]).mean() > 0.85
    assert majority["prediction"].n_unique() == 1
    assert logistic.columns[:6] == ["sample_id", "group", "time", "step", "target", "prediction"]
    assert logistic.columns[6:] == [f"probability_{name}" for name in "0123456789"]


def test_a_forecast_gets_six_baselines_with_the_season_found_in_training(series_project):
    time = np.arange(600)
    values = np.stack([np.sin(2 * np.pi * time / 12), 5 + np.cos(2 * np.pi * time / 12)], axis=1)
    project = series_project(values, window=24, horizon=6, borders=(400, 500, 600), channels=("a", "b"))

    run("baseline", Config(), project)

    told = report(project)
    assert told["season"] == 12
    names = ["holt_winters", "last_value", "linear", "mean", "nlinear", "seasonal_last", "seasonal_mean"]
    assert sorted(told["models"]) == names
    answer = table(project, "seasonal_last")
    assert answer.columns == ["sample_id", "group", "time", "step", "channel", "target", "prediction"]
    assert len(answer) == 95 * 2 * 6
    np.testing.assert_allclose(answer["prediction"], answer["target"], atol=1e-4)
    np.testing.assert_allclose(answer["target"][:6], values[500:506, 0], atol=1e-5)


def test_a_seasonal_baseline_without_season_is_left_out_with_the_reason(series_project, caplog):
    values = np.random.default_rng(0).normal(size=(400, 1)).cumsum(axis=0)
    project = series_project(values, window=10, horizon=2, borders=(250, 320, 400), channels=("price",))

    with caplog.at_level("INFO"):
        done = run("baseline", Config(), project)

    assert "no season" in report(project)["left_out"]["seasonal_mean"]
    assert "seasonal_last is left out" in caplog.text
    assert "left out: seasonal_last, seasonal_mean" in done.summary


@pytest.mark.parametrize(("changes", "asked"), [("returns", True), ("differences", True), ("none", False)])
def test_a_forecast_of_returns_has_the_floor_that_the_last_price_comes_again(changes, asked, tmp_path):
    prices = 100 * np.exp(np.random.default_rng(1).normal(0.001, 0.01, 400).cumsum())
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2025, 12, 31), "1d", eager=True)[:400]
    pl.DataFrame({"day": times.dt.to_string(), "price": prices}).write_csv(tmp_path / "t.csv")
    config = Config.model_validate(
        {
            "sources": {"kind": "csv", "path": "t.csv", "time": "day"},
            "preprocessing": {"kind": "windows", "window": 8, "changes": changes},
            "heads": {"kind": "forecast", "horizon": 2},
            "extraction": {"kind": "conv1d"},
        }
    )
    run("ingest", config, tmp_path)
    with stage_folder(tmp_path / "data" / "validate") as out:
        shutil.copyfile(tmp_path / "data" / "ingest" / "table.parquet", out / "table.parquet")
    run("preprocess", config, tmp_path)

    run("baseline", config, tmp_path)

    told = report(tmp_path)
    assert ("no_change" in told["models"]) == asked
    assert "no_change" not in told["left_out"]
    if asked:
        assert told["models"]["no_change"] == {"floor": True, "parameters": 0}
        nothing, last = table(tmp_path, "no_change"), table(tmp_path, "last_value")
        np.testing.assert_allclose(nothing["prediction"], 0, atol=1e-6)
        errors = [float(((each["prediction"] - each["target"]) ** 2).mean()) for each in (nothing, last)]
        assert errors[0] < errors[1]  # a random walk's best forecast, beside one with twice its variance


def test_two_runs_give_the_same_bytes(class_project):
    project = digits_project(class_project)
    manifest = project / "data" / "baseline" / "manifest.json"
    run("baseline", Config(), project)
    first = manifest.read_bytes()

    run("baseline", Config(), project)

    assert manifest.read_bytes() == first


def test_a_changed_stream_is_refused(class_project):
    project = digits_project(class_project)
    with (project / "data" / "preprocess" / "stream.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")

    with pytest.raises(IntegrityError, match=r"stream\.npy is not the file"):
        run("baseline", Config(), project)


def even_round_large(digits):
    """Return three labels of a handwritten digit: is it even, has it a loop, is it above four."""
    return np.stack([digits % 2 == 0, np.isin(digits, [0, 6, 8, 9]), digits > 4], axis=1)


def label_project(class_project):
    digits = load_digits()
    return class_project(
        digits.images, even_round_large(digits.target), classes=("even", "loop", "large"),
        counts=(1200, 200, 397), head="multilabel",
    )  # fmt: skip


@pytest.mark.parametrize("thresholds", ["half", "val"])
def test_several_labels_get_their_shares_as_floor_and_logistic_regression(class_project, thresholds):
    project = label_project(class_project)
    config = Config.model_validate({"heads": {"kind": "multilabel", "thresholds": thresholds}})

    done = run("baseline", config, project)

    told = report(project)
    assert sorted(told["models"]) == ["logistic", "majority"]
    assert told["models"]["majority"]["floor"]
    assert "2 baselines answered 397 test images" in done.summary
    logistic, majority = table(project, "logistic"), table(project, "majority")
    assert logistic.columns == [
        *["sample_id", "group", "time", "step", "label", "target", "prediction", "probability"]
    ]
    assert len(logistic) == 397 * 3
    assert (logistic["target"] == logistic["prediction"]).mean() > 0.85
    said = majority.group_by("label").agg(pl.col("prediction").all())
    is_said = dict(said.iter_rows())
    assert is_said["loop"] == (thresholds == "val")  # 40 % have a loop: always to say so gives the better F1


def test_a_number_gets_the_mean_as_floor_and_linear_regression(number_project):
    data = load_diabetes()
    project = number_project(data.data, data.target, name="progression", counts=(300, 70, 72))

    run("baseline", Config.model_validate({"heads": {"kind": "regress"}}), project)

    told = report(project)
    assert sorted(told["models"]) == ["gradient_boosting", "mean", "ridge"]
    assert told["models"]["mean"] == {"floor": True, "parameters": 1}
    assert told["scale"]["progression"] == pytest.approx(data.target[:300].std(), rel=1e-4)
    mean, ridge = table(project, "mean"), table(project, "ridge")
    assert mean["channel"].unique().to_list() == ["progression"]
    np.testing.assert_allclose(mean["target"], data.target[370:], rtol=1e-5)
    np.testing.assert_allclose(mean["prediction"], data.target[:300].mean(), rtol=1e-5)
    error = {name: ((answer["prediction"] - answer["target"]) ** 2).mean() for name, answer in
             (("mean", mean), ("ridge", ridge))}  # fmt: skip
    assert error["ridge"] < 0.6 * error["mean"]


@pytest.mark.real
def test_repeating_the_last_value_on_etth1_gives_the_published_error(series_project):
    if not ETTH1.is_file():
        pytest.skip(f"{ETTH1} is not here: the shared data sets lie beside the repository")
    frame = pl.read_csv(ETTH1).drop("date")
    values = frame.to_numpy()[: 20 * 30 * 24]
    project = series_project(
        values, window=96, horizon=96, borders=(8640, 11520, 14400), channels=tuple(frame.columns)
    )

    run("baseline", Config(), project)

    told, scores = report(project), {}
    deviation = np.asarray([told["scale"][name] for name in frame.columns])[:, None]
    for name in told["models"]:
        answer = table(project, name)
        error = (answer["prediction"] - answer["target"]).to_numpy().astype(np.float64)
        scaled = error.reshape(2785, 7, 96) / deviation
        scores[name] = (float((scaled**2).mean()), float(np.abs(scaled).mean()))
    assert told["season"] == 24
    assert scores["last_value"] == pytest.approx(REPEAT, rel=1e-3)
    assert scores["seasonal_last"] == pytest.approx((0.512, 0.433), abs=6e-4)
    assert scores["seasonal_mean"] == pytest.approx((0.406, 0.396), abs=6e-4)
    assert scores["nlinear"][0] < 0.40  # DLinear, trained by gradient descent, is published at .397
    assert scores["linear"][0] < 0.40
