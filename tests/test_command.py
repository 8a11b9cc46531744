"""``python -m pipeline STAGE``, called as DVC calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.params import params_text


@pytest.fixture
def project(tmp_path):
    (tmp_path / "params.yaml").write_text(params_text(Config()))
    return tmp_path


def call(project, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stage_says_in_one_line_what_it_made(project):
    result = call(project, "ingest")

    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 1
    assert (project / "data" / "ingest" / "manifest.json").is_file()


def test_an_error_is_one_sentence_and_an_exit_code(project):
    result = call(project, "preprocess")

    assert result.returncode == 5
    assert "the stage 'validate' has not finished here" in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_shows_the_traceback(project):
    assert "Traceback" in call(project, "preprocess", "--debug").stderr


def test_in_a_run_the_error_is_left_for_the_flow(project):
    folder = project / "run"
    folder.mkdir()

    result = call(project, "preprocess", CONVOY_RUN_FOLDER=str(folder))

    story = json.loads((folder / "preprocess.json").read_text())
    assert (story["error"], story["exit_code"], story["retryable"]) == ("IntegrityError", 5, False)
    assert result.stderr == ""


def test_an_error_that_nobody_foresaw_is_a_sentence_too(project):
    # A folder where a file has to be: no stage looks for that.
    (project / "data" / "validate" / "manifest.json").mkdir(parents=True)
    (project / "data" / ".tmp").write_text("a file where a folder has to be")

    result = call(project, "preprocess")

    assert result.returncode == 1
    assert "Nobody foresaw this error" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) <= 5


def test_a_stage_whose_dvc_is_gone_does_not_start(project):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    result = call(project, "ingest", DVC_STAGE="ingest", CONVOY_PARENT=str(gone.pid))

    assert result.returncode == -9
    assert not Path(project, "data", "ingest").exists()
