"""An exported model scores raw rows without this package, and as ``convoy predict`` does."""

import pytest

from pipeline.stages.bundle import make_bundle
from pipeline.stages.export import export

pytestmark = pytest.mark.real

CARRIED = ("table", "numbers", "text", "labels", "forecast", "windows", "whole", "each", "images", "deep")


@pytest.mark.parametrize("name", CARRIED)
def test_a_bundle_answers_rows_of_the_test_split_as_convoy_predict_does(name, projects, tmp_path):
    project = projects(name)
    make_bundle(project.folder, tmp_path / "model")

    report = export(tmp_path / "model", tmp_path / "out", project=project.folder)

    assert report.parity.greatest_difference <= 1e-4
    assert report.parity.samples > 1
