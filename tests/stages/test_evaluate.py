import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from pipeline.config import Config
from pipeline.foundation.errors import DataError, IntegrityError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.paths import Paths
from pipeline.foundation.table import write_table
from pipeline.leakage.findings import Finding, Findings
from pipeline.preprocessing.predictions import prediction_table
from pipeline.stages.run import run
from pipeline.stages.streams import open_reader, read_samples

PLOTS = [
    "confusion.csv", "errors.png", "horizon.csv", "loss.csv", "loss.png", "models.csv", "models.png",
]  # fmt: skip
HISTORY = "epoch,train/loss,val/loss\n1,0.9,1.0\n2,0.5,0.7\n3,0.4,\n"


def write_model(project: Path, stage: str, answer, *, model: str, history: str = HISTORY) -> None:
    """Finish ``data/STAGE`` as a training stage does, with ``answer`` to the test split."""
    data = Paths(project, project, project, project)
    test = open_reader(data, "test")
    with stage_folder(project / "data" / stage) as out:
        table = prediction_table(
            test.meta, read_samples(data, test), answer=answer, target=test.targets(np.arange(len(test)))
        )
        write_table(table, out / "predictions.parquet")
        (out / "history.csv").write_text(history)
        report = {"summary": f"{model} trained", "model": model, "parameters": 1234}
        write_json(report, out / "report.json")


def write_nothing(project: Path, stage: str) -> None:
    """Finish ``data/STAGE`` as ``extract`` does when there is nothing to fit."""
    with stage_folder(project / "data" / stage) as out:
        write_json({"summary": "nothing to fit", "model": "", "fitted": False}, out / "report.json")


@pytest.fixture
def digits(class_project: Callable[..., Path]) -> Path:
    """Return a project in which something really learned the digits, with its rivals."""
    images, targets = load_digits(return_X_y=True)
    project = class_project(
        images.reshape(-1, 8, 8), targets, classes=tuple("0123456789"), counts=(1200, 200, 397)
    )
    train, test = (images[:1200], targets[:1200]), images[1400:]
    neighbours = KNeighborsClassifier(5).fit(*train).predict_proba(test)
    write_model(project, "analyze", neighbours, model="cnn-lstm")
    write_model(
        project, "extract", GaussianNB(var_smoothing=0.01).fit(*train).predict_proba(test), model="cnn"
    )
    run("baseline", Config(), project)
    return project


def evaluated(project: Path) -> Path:
    return project / "data" / "evaluate"


def test_a_classification_is_judged_beside_its_probe_and_baselines(digits):
    report = run("evaluate", Config(), digits)

    out = evaluated(digits)
    assert {line.name for line in report.leaderboard} == {
        "cnn-lstm", "cnn", "gradient_boosting", "logistic", "majority",
    }  # fmt: skip
    assert report.summary.startswith("cnn-lstm ")
    assert "interval" in report.summary
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["test/accuracy"] > 0.85
    assert metrics["baseline/majority/accuracy"] < 0.2
    assert pl.read_csv(out / "plots" / "loss.csv")["val"].to_list() == [1.0, 0.7, None]
    assert report.summary.split(":")[0] in (out / "report.html").read_text()
    told = json.loads((out / "report.json").read_text())
    assert told["verdict"]["rival"] in {"cnn", "logistic"}
    assert told["leaderboard"][0]["intervals"]["accuracy"][0] < 1


def test_all_files_that_plots_are_wired_to_exist_for_both_heads(digits, tmp_path):
    run("evaluate", Config(), digits)

    assert sorted(path.name for path in (evaluated(digits) / "plots").iterdir()) == PLOTS


def test_two_runs_give_the_same_bytes(digits):
    manifest = evaluated(digits) / "manifest.json"
    run("evaluate", Config(), digits)
    first = manifest.read_bytes()

    run("evaluate", Config(), digits)

    assert manifest.read_bytes() == first


def test_a_forecast_is_judged_in_deviations_of_the_training_split(series_project):
    random = np.random.default_rng(0)
    time = np.arange(900)
    values = np.sin(2 * np.pi * time / 12)[:, None] * [1.0, 100.0] + random.normal(size=(900, 2)) * [
        0.1,
        10.0,
    ]
    project = series_project(values, window=24, horizon=6, borders=(600, 700, 900), channels=("a", "b"))
    run("baseline", Config(), project)
    table = pl.read_parquet(project / "data" / "baseline" / "seasonal_mean.parquet")
    scaled = np.asarray(json.loads((project / "data" / "preprocess" / "meta.json").read_text())["scale"])
    offset = np.asarray(json.loads((project / "data" / "preprocess" / "meta.json").read_text())["offset"])
    answer = (table["prediction"].to_numpy().reshape(-1, 2, 6).transpose(0, 2, 1) - offset) / scaled
    write_model(project, "analyze", answer.astype(np.float32), model="lstm-cnn")
    write_nothing(project, "extract")

    report = run("evaluate", Config(), project)

    model = next(line for line in report.leaderboard if line.role == "model")
    same = next(line for line in report.leaderboard if line.name == "seasonal_mean")
    assert model.scores["mse"] == pytest.approx(same.scores["mse"], rel=1e-4)
    assert 0.01 < model.scores["mse"] < 0.05  # noise of a tenth beside an amplitude of one
    assert same.margin_interval is not None
    assert not pl.read_csv(evaluated(project) / "plots" / "horizon.csv").is_empty()


def test_a_network_that_predicts_one_class_says_so_in_the_first_line(digits):
    always = np.zeros((397, 10), np.float32)
    always[:, 3] = 1.0
    write_model(digits, "analyze", always, model="cnn-lstm")

    report = run("evaluate", Config(), digits)

    assert report.summary.startswith("cnn-lstm predicts one class only, '3', for every test sample")
    assert report.verdict.outcome == "one class"


LEAK = Finding(
    check="exact duplicates", severity="leak", count=12, of=397, examples=("a = b",),
    sentence="12 of 397 test images stand in train too. Set preprocessing.split.duplicates=together.",
)  # fmt: skip


def test_a_leak_that_the_audit_found_stands_in_the_first_line_of_the_report(digits):
    with stage_folder(digits / "data" / "again") as out:
        for path in (digits / "data" / "preprocess").iterdir():
            if path.name not in ("audit.json", "manifest.json"):
                shutil.copy(path, out)
        write_json(Findings(findings=(LEAK,)).model_dump(mode="json"), out / "audit.json")
    shutil.rmtree(digits / "data" / "preprocess")
    (digits / "data" / "again").rename(digits / "data" / "preprocess")

    report = run("evaluate", Config(), digits)

    assert report.verdict.outcome == "inflated"
    assert (
        "its test score may be inflated by 1 leak: 12 of 397 test images stand in train too" in report.summary
    )
    page = (evaluated(digits) / "report.html").read_text()
    assert page.index("exact duplicates") < page.index("Beside its rivals")
    assert json.loads((evaluated(digits) / "metrics.json").read_text())["audit/leak"] == 1.0


def test_the_report_says_how_the_data_were_divided(digits):
    run("evaluate", Config(), digits)

    page = (evaluated(digits) / "report.html").read_text()
    assert "by chance, with equal shares of the classes; 1,200 train, 200 val, 397 test samples" in page
    assert "stratified split" in page


def test_several_labels_are_judged_beside_their_baselines(class_project):
    images, digit = load_digits(return_X_y=True)
    has = np.stack([digit % 2 == 0, np.isin(digit, [0, 6, 8, 9]), digit > 4], axis=1)
    project = class_project(
        images.reshape(-1, 8, 8), has, classes=("even", "loop", "large"), counts=(1200, 200, 397),
        head="multilabel",
    )  # fmt: skip
    config = Config.model_validate({"heads": {"kind": "multilabel"}})
    run("baseline", config, project)
    near = KNeighborsClassifier(5).fit(images[:1200], digit[:1200]).predict_proba(images[1400:])
    known = np.stack(
        [np.arange(10) % 2 == 0, np.isin(np.arange(10), [0, 6, 8, 9]), np.arange(10) > 4], axis=1
    )
    write_model(project, "analyze", (near @ known).astype(np.float32), model="cnn-lstm")
    write_nothing(project, "extract")

    report = run("evaluate", config, project)

    assert report.verdict.outcome == "beats"
    assert report.summary.startswith("cnn-lstm beats the best rival logistic: macro F1")
    assert [line.name for line in report.leaderboard] == ["cnn-lstm", "logistic", "majority"]
    metrics = json.loads((evaluated(project) / "metrics.json").read_text())
    assert metrics["test/macro_f1"] > 0.95
    assert 'id="labels"' in (evaluated(project) / "report.html").read_text()
    assert sorted(path.name for path in (evaluated(project) / "plots").iterdir()) == PLOTS


def test_a_network_that_loses_to_the_mean_says_so_in_the_first_line(number_project):
    data = load_diabetes()
    project = number_project(data.data, data.target, name="progression", counts=(300, 70, 72))
    config = Config.model_validate({"heads": {"kind": "regress"}})
    run("baseline", config, project)
    noise = 2.0 * np.random.default_rng(0).normal(size=(72, 1))
    write_model(project, "analyze", noise.astype(np.float32), model="cnn-lstm")
    write_nothing(project, "extract")

    report = run("evaluate", config, project)

    assert report.verdict.outcome == "loses"
    assert report.summary.startswith("cnn-lstm loses to the best rival ridge")
    assert "it loses to mean too, which learns nothing" in report.summary
    metrics = json.loads((evaluated(project) / "metrics.json").read_text())
    assert metrics["baseline/mean/mse"] == pytest.approx(1.0, abs=0.4)  # in deviations of training
    assert metrics["test/rmse_original"] > 100
    assert sorted(path.name for path in (evaluated(project) / "plots").iterdir()) == PLOTS


def test_without_any_baseline_nothing_is_claimed(digits):
    write_nothing(digits, "extract")
    run("baseline", Config.model_validate({"baselines": {"kinds": []}}), digits)

    report = run("evaluate", Config(), digits)

    assert report.verdict.outcome == "unrivalled"


def test_a_training_without_history_is_no_obstacle(digits):
    answer = np.full((397, 10), 0.1, np.float32)
    write_model(digits, "analyze", answer, model="cnn-lstm", history="")

    run("evaluate", Config(), digits)

    assert "cnn-lstm" in (evaluated(digits) / "report.html").read_text()


def test_predictions_that_are_nan_end_with_a_sentence_and_leave_the_old_verdict(digits):
    run("evaluate", Config(), digits)
    kept = (evaluated(digits) / "report.json").read_bytes()
    table = pl.read_parquet(digits / "data" / "analyze" / "predictions.parquet")
    with stage_folder(digits / "data" / "analyze") as out:
        nan = pl.lit(float("nan"), pl.Float32).alias("probability_3")
        write_table(table.with_columns(nan), out / "predictions.parquet")
        write_json({"summary": "trained", "model": "cnn-lstm"}, out / "report.json")

    with pytest.raises(DataError, match="probabilities of cnn-lstm are NaN"):
        run("evaluate", Config(), digits)

    assert (evaluated(digits) / "report.json").read_bytes() == kept


def test_a_changed_prediction_file_is_refused(digits):
    path = digits / "data" / "baseline" / "logistic.parquet"
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(IntegrityError, match=r"logistic\.parquet is not the file"):
        run("evaluate", Config(), digits)
