"""New rows are read as those of training were: predicting them again gives what ``analyze`` said of them."""

from typing import get_args

import pytest
from polars.testing import assert_frame_equal

from pipeline.preprocessing.config import PreprocessingConfig

pytestmark = pytest.mark.real

KINDS = {
    "table": "table", "numbers": "table", "text": "text", "labels": "text", "forecast": "windows",
    "direction": "windows", "windows": "windows", "whole": "whole", "each": "whole", "images": "images",
    "deep": "images",
    "clips": "clips", "volumes": "clips", "sound": "sound",
}  # fmt: skip


def test_every_kind_of_preprocessing_is_covered():
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(PreprocessingConfig)[0])}

    assert set(KINDS.values()) == kinds


@pytest.mark.parametrize("name", KINDS)
def test_raw_rows_of_the_test_split_get_the_predictions_that_analyze_made(name, projects, tmp_path):
    project = projects(name)

    found = project.table(project.source, tmp_path / "out.parquet", every=True)

    keys = [key for key in ("sample_id", "step", "label", "channel") if key in project.predictions.columns]
    again = project.predictions.select(keys).join(found, on=keys, how="left", maintain_order="left")
    judged = project.predictions.drop("target")
    # Batches of another size are summed in another order, which moves the last digits.
    assert_frame_equal(again.select(judged.columns), judged, rel_tol=1e-4, abs_tol=1e-5)
    assert again["reason"].null_count() == again.height


def test_what_the_source_says_is_right_stands_beside_the_prediction(projects, tmp_path):
    for name in ("table", "numbers", "labels", "windows", "images", "sound"):
        project = projects(name)
        out = tmp_path / f"{name}.parquet"

        found = project.table(project.source, out, every=True)

        keys = [
            key for key in ("sample_id", "step", "label", "channel") if key in project.predictions.columns
        ]
        again = project.predictions.select(keys).join(found, on=keys, how="left", maintain_order="left")
        assert_frame_equal(again.select("target"), project.predictions.select("target"), rel_tol=1e-6)
        (tmp_path / "model").rename(tmp_path / f"model of {name}")
