"""New rows of real data beside those of training: what is as it was raises no alarm, what was moved is named."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image, ImageOps

from pipeline.drift.compare import REPRESENTATION
from pipeline.foundation.folder import stage_folder
from pipeline.stages.bundle import REPRESENTATION as REPRESENTATION_FILE
from pipeline.stages.bundle import VERDICT, make_bundle
from pipeline.stages.drifting import UNKNOWN, drift_path
from pipeline.stages.predict import predict

pytestmark = pytest.mark.real

KINDS = (
    "table", "numbers", "text", "labels", "forecast", "direction", "windows", "whole", "images", "clips", "sound",
)  # fmt: skip
CARDIO = Path(__file__).parents[3].parent / "shared" / "datasets" / "cardio" / "cardio_train.csv"


def drift_of(project, source, out, *, every=False):
    """Predict; return the line for the terminal and what stands beside the predictions."""
    report = project.predict(source, out, every=every)
    found = json.loads(drift_path(out).read_text(encoding="utf-8"))
    assert report.drift.split("; accuracy")[0].split("; mean")[0].split("; share")[0] == found["summary"]
    assert found["drift"] == report.drifted
    return report.drift, found


def moved(found):
    return {(each["column"], each["measure"]) for each in found["findings"] if each["drift"]}


@pytest.fixture
def patients(projects, tmp_path):
    """Return a function that changes 2,000 patients whom the model has not seen, and predicts them."""
    project = projects("table")
    words = pl.col("gluc").replace_strict({1: "normal", 2: "raised", 3: "high"}, return_dtype=pl.String)
    holes = pl.when(pl.int_range(pl.len()) % 50 != 7).then(pl.col("weight"))
    rows = pl.read_csv(CARDIO, separator=";")[900:2900].drop("id").with_columns(gluc=words, weight=holes)

    def change(**columns):
        rows.with_columns(**columns).write_csv(tmp_path / "others.csv")
        return drift_of(project, tmp_path / "others.csv", tmp_path / "out.csv")

    return change


def test_other_patients_of_the_same_hospital_are_no_drift(patients):
    line, found = patients()

    assert not found["drift"]
    assert line.startswith("no drift: ")
    assert found["rows"] == 2000
    assert found["reference"].startswith("900 rows")


def test_a_pressure_that_is_measured_higher_is_found_in_it_and_in_what_is_predicted(patients):
    line, found = patients(ap_hi=pl.col("ap_hi") + 15)

    assert ("ap_hi", "shares") in moved(found) or ("ap_hi", "distribution") in moved(found)
    assert "ap_hi (PSI " in line
    assert {column for column, _ in moved(found)} <= {
        "ap_hi", "prediction", "probability", "error", REPRESENTATION,
    }  # fmt: skip


def test_a_category_that_training_never_had_is_found(patients):
    new = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit("unknown")).otherwise("gluc")

    _, found = patients(gluc=new)

    assert moved(found) >= {("gluc", "new values")}
    assert {column for column, _ in moved(found)} == {"gluc"}


def test_more_ill_patients_are_found_in_the_target_and_more_errors_in_how_often_the_model_is_right(patients):
    line, found = patients(cardio=pl.lit(1))

    assert ("target", "shares") in moved(found)
    assert "target (PSI " in line


def test_without_targets_nothing_is_said_of_them(patients):
    _, found = patients(cardio=pl.lit(None))

    assert not {"target", "error"} & {each["column"] for each in found["findings"]}
    assert not {"target", "error"} & set(found["untested"])


@pytest.mark.parametrize("name", KINDS)
def test_the_rows_of_training_are_no_drift_whatever_they_are(name, projects, tmp_path):
    project = projects(name)

    line, found = drift_of(project, project.source, tmp_path / "out.parquet", every=True)

    assert not found["drift"], line


def test_hours_of_a_transformer_that_runs_hotter_are_found(projects, tmp_path):
    project = projects("forecast")
    pl.read_csv(project.source).with_columns(pl.col("HUFL") + 20.0).write_csv(tmp_path / "hotter.csv")

    _, found = drift_of(project, tmp_path / "hotter.csv", tmp_path / "out.parquet")

    assert ("HUFL", "distribution") in moved(found)
    hufl = next(each for each in found["findings"] if each["column"] == "HUFL")
    assert hufl["independent_rows"] < 0.2 * found["rows"]


def test_longer_texts_are_found(projects, tmp_path):
    project = projects("text")
    rows = pl.read_csv(project.source)
    rows.with_columns(pl.col("Text") + " " + pl.col("Text")).write_csv(tmp_path / "longer.csv")

    _, found = drift_of(project, tmp_path / "longer.csv", tmp_path / "out.parquet")

    assert ("text (characters)", "distribution") in moved(found)


def test_words_that_training_never_saw_are_found_as_unknown_tokens_and_in_the_features(projects, tmp_path):
    project = projects("text")
    rows = pl.read_csv(project.source)
    strange = pl.col("Text").str.replace_all(r"[aeiou]", "q")
    rows.with_columns(strange).write_csv(tmp_path / "strange.csv")

    _, found = drift_of(project, tmp_path / "strange.csv", tmp_path / "out.parquet")

    assert UNKNOWN in {column for column, _ in moved(found)}
    assert (REPRESENTATION, "representation") in moved(found)


def test_pictures_in_negative_are_found_in_what_the_network_reads(projects, tmp_path):
    project = projects("images")
    for path in project.source.rglob("*.*"):
        copy = tmp_path / "negative" / path.relative_to(project.source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.invert(Image.open(path).convert("L")).save(copy)

    _, found = drift_of(project, tmp_path / "negative", tmp_path / "out.parquet")

    assert (REPRESENTATION, "representation") in moved(found)


def test_answers_that_are_wrong_more_often_are_told_as_a_worse_score(projects, tmp_path):
    project = projects("table")
    answers = project.table(project.source, tmp_path / "answers.parquet")
    wrong = 1 - answers["prediction"].cast(pl.Int64, strict=False).fill_null(0)
    pl.read_csv(project.source).with_columns(cardio=wrong).write_csv(tmp_path / "turned.csv")

    line, found = drift_of(project, tmp_path / "turned.csv", tmp_path / "out.csv")

    assert found["performance"]["metric"] == "accuracy"
    assert found["performance"]["worse"]
    assert line.endswith("on the test split: worse")


def test_a_model_of_an_earlier_version_has_no_representation_and_the_rest_is_compared(projects, tmp_path):
    project = projects("table")
    make_bundle(project.folder, tmp_path / "whole")
    with stage_folder(tmp_path / "model") as folder:
        shutil.copytree(tmp_path / "whole", folder, dirs_exist_ok=True)
        (folder / REPRESENTATION_FILE).unlink()
        (folder / "manifest.json").unlink()

    report = predict(str(project.source), tmp_path / "out.csv", tmp_path / "model", project=project.folder)

    assert report.drift.startswith("no drift: ")
    assert REPRESENTATION not in drift_path(tmp_path / "out.csv").read_text()


def test_equal_rows_give_equal_bytes(projects, tmp_path):
    project = projects("table")

    for name in ("one.csv", "two.csv"):
        project.predict(project.source, tmp_path / name)

    first, second = (drift_path(tmp_path / name) for name in ("one.csv", "two.csv"))
    assert first.read_bytes() == second.read_bytes()


def test_a_model_that_remembers_nothing_predicts_and_says_so(projects, tmp_path):
    project = projects("table")
    make_bundle(project.folder, tmp_path / "whole")
    drift_path(tmp_path / "out.csv").write_text("of an earlier call")
    with stage_folder(tmp_path / "model") as folder:
        for path in (tmp_path / "whole").rglob("*"):
            if (
                path.is_file()
                and path.relative_to(tmp_path / "whole") != Path(VERDICT)
                and path.name != "manifest.json"
            ):
                copy = folder / path.relative_to(tmp_path / "whole")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())

    report = predict(str(project.source), tmp_path / "out.csv", tmp_path / "model", project=project.folder)

    assert report.scored > 0
    assert "has no validate/verdict.json; make it again" in report.drift
    assert not drift_path(tmp_path / "out.csv").exists()
