"""``convoy predict`` in a shell: what it prints, what it writes, how it ends."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from PIL import Image

from pipeline.config import Config
from pipeline.params import override_params, params_text
from pipeline.stages.bundle import make_bundle
from pipeline.stages.run import run

SETTINGS = {
    "training": {"epochs": 1, "batch_size": 64, "accelerator": "cpu"},
    "extraction": {"kind": "conv2d", "features": [4], "epochs": 1},
    "temporal": {"kind": "lstm", "hidden": 4},
    "run": {"threads": 1},
}


def convoy(*arguments, cwd):
    """Call ``convoy predict``; return its exit code, what it printed, and what it complained of."""
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "predict", *map(str, arguments)]
    done = subprocess.run(call, cwd=cwd, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The digits that arrive with scikit-learn, after a brief training."""
    folder = tmp_path_factory.mktemp("digits")
    config = Config.model_validate(SETTINGS)
    (folder / "params.yaml").write_text(params_text(config), encoding="utf-8")
    (folder / "quality.yaml").write_text("version: 1\nrows:\n  - {rule: readable}\n", encoding="utf-8")
    for stage in ("ingest", "validate", "preprocess", "extract", "analyze"):
        run(stage, config, folder)
    return folder


@pytest.fixture
def scans(tmp_path):
    """Three images, one of them broken."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(folder / name)
    (folder / "b.png").write_bytes(b"no image")
    return folder


def test_the_model_of_the_last_run_predicts_and_is_named(project, scans, tmp_path):
    code, said, complained = convoy("scans", "--out", "out.csv", "--project", project, cwd=scans.parent)

    assert (code, complained) == (0, "")
    assert "2 samples scored by cnn-lstm (conv2d, lstm), 1 not scored: the model of the last run" in said
    table = pl.read_csv(tmp_path / "out.csv")
    assert table["origin"].to_list() == ["a.png", "b.png", "c.png"]
    assert table["reason"].is_not_null().to_list() == [False, True, False]
    assert json.loads((tmp_path / "out.csv.lineage.json").read_text())["input"]["name"] == "scans"


def test_the_folder_of_a_model_needs_no_project(project, scans, tmp_path):
    make_bundle(project, tmp_path / "champion")

    code, said, _ = convoy("scans", "--out", "out.parquet", "--model", "champion", cwd=tmp_path)

    assert code == 0
    assert "the model in champion" in said
    assert pl.read_parquet(tmp_path / "out.parquet").height == 3


def test_what_is_wrong_is_one_sentence_and_an_exit_code(project, scans, tmp_path):
    (scans / "a.png").unlink(), (scans / "c.png").unlink()
    here = ("--project", project)

    calls = {
        ("nothing", "--out", "out.csv", *here): (3, "does not exist"),
        ("scans", "--out", "out.txt", *here): (2, "--out out.txt"),
        ("scans", "--out", "nowhere/out.csv", *here): (2, "there is no folder nowhere"),
        ("scans", "--out", "out.csv", *here): (3, "not one sample could be scored"),
        ("scans", "--out", "out.csv"): (5, "has no model yet"),
        ("scans", "--out", "out.csv", "--model", "scans"): (5, "holds no model"),
    }
    for call, (code, sentence) in calls.items():
        ended, _, complained = convoy(*call, cwd=tmp_path)
        assert ended == code
        assert sentence in complained
        assert complained.startswith("error: ")


def test_settings_that_changed_since_training_are_not_passed_over(project, scans, tmp_path):
    kept = (project / "params.yaml").read_text()
    override_params(project / "params.yaml", ["temporal.hidden=5"])

    code, _, complained = convoy("scans", "--out", "out.csv", "--project", project, cwd=tmp_path)
    (project / "params.yaml").write_text(kept)

    assert code == 2
    assert "temporal changed since the model in data/analyze was trained" in complained


def test_drift_is_told_and_ends_with_exit_code_4_where_that_was_asked(project, tmp_path):
    folder = tmp_path / "dark"
    folder.mkdir()
    for number in range(40):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / f"{number}.png")
    call = ("dark", "--out", "out.csv", "--project", project)

    told, said, _ = convoy(*call, cwd=tmp_path)
    failed, _, complained = convoy(*call, "--fail-on-drift", cwd=tmp_path)

    assert (told, failed, complained) == (0, 4, "")
    assert "drift in " in said
    assert json.loads((tmp_path / "out.csv.drift.json").read_text())["drift"]


def test_an_input_that_is_not_there_is_told_by_its_own_name_with_the_nearest(project, scans, tmp_path):
    code, _, complained = convoy("scan", "--out", "out.csv", "--project", project, cwd=scans.parent)

    assert code == 3
    assert complained == f"error: {tmp_path / 'scan'} does not exist; did you mean {scans}?\n"
