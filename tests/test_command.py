"""``python -m pipeline STAGE`` as a process: sentences and exit codes, no traceback, nothing lost."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.params import override_params, params_text

ROOT = Path(__file__).parents[1]

TABLE = Config.model_validate(
    {
        "sources": {"kind": "csv", "path": "t.csv"},
        "preprocessing": {"kind": "windows"},
        "heads": {"kind": "forecast"},
        "extraction": {"kind": "conv1d"},
    }
)


def call(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def project(folder, config=None):
    (folder / "params.yaml").write_text(params_text(config or TABLE))
    return folder


def test_a_stage_says_in_one_line_what_it_did(tmp_path):
    done = call(project(tmp_path, Config()), "ingest")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "read 1,797 images, 10 different targets"


BAD = {
    "no params.yaml": (None, None, 2, "params.yaml does not exist"),
    "a misspelt setting": ("training.epoch", None, 2, "did you mean training.epochs?"),
    "a missing file": (None, "missing", 3, "sources.path=t.csv does not exist"),
    "an empty file": (None, "", 3, "is empty"),
    "a file without rows": (None, "a,b\n", 3, "has a header but no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_a_sentence(case, tmp_path):
    setting, content, code, sentence = BAD[case]
    if case != "no params.yaml":
        project(tmp_path)
    if content not in (None, "missing"):
        (tmp_path / "t.csv").write_text(content)

    done = call(tmp_path, "ingest", *(["-S", f"{setting}=1"] if setting else []))

    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.splitlines()) <= 5
    assert not (tmp_path / "data" / "ingest").exists()


def test_a_traceback_is_there_for_who_asks(tmp_path):
    assert "Traceback" in call(project(tmp_path), "ingest", "--debug").stderr


def test_the_flow_reads_the_error_from_a_file_since_dvc_loses_exit_codes(tmp_path):
    done = call(project(tmp_path), "ingest", CONVOY_RUN_FOLDER=str(tmp_path / "run"))

    assert done.stderr == ""  # the flow tells it
    story = json.loads((tmp_path / "run" / "ingest.json").read_text())
    assert story["error"] == "DataError"
    assert (story["exit_code"], story["retryable"]) == (3, False)


def test_an_error_that_nobody_foresaw_is_a_sentence_too(tmp_path):
    # A folder where a file has to be, and a file where a folder has to be: no stage looks for that.
    (project(tmp_path) / "data" / "validate" / "manifest.json").mkdir(parents=True)
    (tmp_path / "data" / ".tmp").write_text("a file")

    done = call(tmp_path, "preprocess")

    assert done.returncode == 1
    assert "Nobody foresaw this error; `--debug` shows where it comes from" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 5


def test_a_stage_whose_dvc_is_gone_does_not_start(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    done = call(project(tmp_path, Config()), "ingest", DVC_STAGE="ingest", CONVOY_PARENT=str(gone.pid))

    assert done.returncode == -9
    assert not (tmp_path / "data" / "ingest").exists()


def test_a_result_is_not_kept_when_the_settings_change_meanwhile(tmp_path):
    project(tmp_path, Config())
    shutil.copyfile(ROOT / "quality.yaml", tmp_path / "quality.yaml")
    call(tmp_path, "ingest")
    command = [sys.executable, "-m", "pipeline", "validate"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as child:
        while child.poll() is None and not list((tmp_path / "data" / ".tmp").glob("validate.*")):
            time.sleep(0.01)
        # Great Expectations takes seconds to import: the stage is under way, and not done.
        override_params(tmp_path / "params.yaml", ["quality.examples=3"])
        complaint = child.stderr.read()

    assert child.returncode == 2
    assert "was changed while validate ran" in complaint
    assert not (tmp_path / "data" / "validate").exists()
    assert call(tmp_path, "validate").returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 600 KiB, where the machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], capture_output=True
    )
    if made.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_named_and_leaves_nothing_half(small_disk):
    project(small_disk, Config())
    (small_disk / "ballast").write_bytes(bytes(570_000))

    done = call(small_disk, "ingest")

    assert done.returncode == 6
    assert "is full; free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (small_disk / "data" / "ingest").exists()
    (small_disk / "ballast").unlink()
    assert call(small_disk, "ingest").returncode == 0


def test_the_number_of_threads_is_set_before_any_library_counts_the_cores(tmp_path):
    project(tmp_path, Config.model_validate({"run": {"threads": 1}}))
    code = (
        "from pipeline.command import main; main(['ingest']); import polars, threadpoolctl;"
        "print(polars.thread_pool_size(), {pool['num_threads'] for pool in threadpoolctl.threadpool_info()})"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "1 {1}"


def test_a_stage_starts_without_prefect_dvc_or_lightning(tmp_path):
    code = (
        "import sys; from pipeline.command import main;"
        "print([name for name in ('prefect', 'dvc', 'torch', 'pytorch_lightning', 'great_expectations', 'polars')"
        " if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
