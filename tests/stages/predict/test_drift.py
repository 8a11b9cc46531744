"""New rows of real data beside those of training: what is as it was raises no alarm, what was moved is named."""

import json

import polars as pl
import pytest

from pipeline.stages.bundle import make_bundle
from pipeline.stages.drifting import drift_path
from pipeline.stages.predict import predict

pytestmark = pytest.mark.real

FILES = {".csv": pl.read_csv, ".parquet": pl.read_parquet}


def drift_of(project, source, out):
    """Predict; return the report and what stands beside the predictions."""
    report = project.predict(source, out)
    found = json.loads(drift_path(out).read_text(encoding="utf-8"))
    assert found["summary"] == report.drift
    assert found["drift"] == report.drifted
    return report, found


@pytest.fixture
def patients(projects, tmp_path):
    """The project of patients, the file of others, and a function that predicts a change of those."""
    project = projects("table")
    rows = pl.read_csv(DATA / "cardio/cardio_train.csv", separator=";")[900:2900].drop("id")
    words = pl.col("gluc").replace_strict({1: "normal", 2: "raised", 3: "high"}, return_dtype=pl.String)
    holes = pl.when(pl.int_range(pl.len()) % 50 != 7).then(pl.col("weight"))
    rows = rows.with_columns(gluc=words, weight=holes)

    def change(**columns):
        rows.with_columns(**columns).write_csv(tmp_path / "others.csv")
        return drift_of(project, tmp_path / "others.csv", tmp_path / "out.csv")

    return change
