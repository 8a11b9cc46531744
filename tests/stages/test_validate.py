"""The stage ``validate`` as a user meets it: folders, exit codes, messages."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, GateError, IntegrityError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import sha256, stage_folder
from pipeline.foundation.table import write_table
from pipeline.quality.config import QualityConfig
from pipeline.stages.run import run

ROOT = Path(__file__).parents[2]
INF = float("inf")
SUITE = """
schema:
  columns: {sample_id: Int64, group: String, time: Datetime, split: String, origin: String, oil: Float64}
profile:
  - {rule: rows, min: 10}
  - {rule: unsorted_times, max: 0}
  - {rule: null_share, columns: channels, max: 0.5}
rows:
  - {rule: finite, columns: channels}
  - {rule: unique_time}
"""


@pytest.fixture
def ingested(tmp_path: Path, monkeypatch):
    """Return a function that leaves a project as ``ingest`` leaves it, with a suite."""
    monkeypatch.delenv("CONVOY_REPORTS", raising=False)
    monkeypatch.delenv("CONVOY_RUN_FOLDER", raising=False)

    def make(oil, suite=SUITE) -> Path:
        rows = len(oil)
        frame = pl.DataFrame(
            {
                "sample_id": range(rows),
                "group": [None] * rows,
                "time": [datetime(2024, 1, 1) + timedelta(hours=row) for row in range(rows)],
                "split": [None] * rows,
                "origin": [f"meters.csv:{row + 2}" for row in range(rows)],
                "oil": oil,
            },
            schema_overrides={"group": pl.String, "split": pl.String, "oil": pl.Float64},
        )
        with stage_folder(tmp_path / "data" / "ingest") as out:
            write_table(frame, out / "table.parquet")
            report = {
                "summary": "",
                "kind": "series",
                "rows": rows,
                "channels": ["oil"],
                "step_seconds": 3600.0,
            }
            write_json(report, out / "report.json")
        (tmp_path / "quality.yaml").write_text(suite)
        return tmp_path

    return make


def validate(project: Path, **quality):
    return run("validate", Config(quality=QualityConfig(**quality)), project)


def test_a_clean_table_passes_as_it_is(ingested):
    project = ingested([1.0] * 20)

    report = validate(project)

    out = project / "data" / "validate"
    assert sha256(out / "table.parquet") == sha256(project / "data" / "ingest" / "table.parquet")
    assert pl.read_parquet(out / "quarantine.parquet").is_empty()
    assert report.summary == "20 of 20 rows passed, none set aside; 8 rules of quality.yaml checked"
    assert json.loads((out / "verdict.json").read_text())["held"] is True
    assert (project / "reports" / "by-hand" / "data_docs" / "index.html").is_file()


def test_bad_rows_are_set_aside_and_the_others_keep_their_ids(ingested):
    project = ingested([1.0] * 19 + [INF])

    report = validate(project)

    out = project / "data" / "validate"
    aside = pl.read_parquet(out / "quarantine.parquet")
    assert (report.rows, report.passed, report.quarantined) == (20, 19, 1)
    assert pl.read_parquet(out / "table.parquet")["sample_id"].to_list() == list(range(19))
    assert aside["reason"].to_list() == ["oil is not finite"]
    assert aside["origin"].to_list() == ["meters.csv:21"]


def test_more_bad_rows_than_allowed_stop_the_run_and_leave_the_evidence(ingested):
    project = ingested([1.0] * 18 + [INF, -INF])

    with pytest.raises(GateError) as error:
        validate(project, max_quarantined=0.05)

    reports = project / "reports" / "by-hand"
    assert not (project / "data" / "validate").exists()
    assert len(str(error.value).splitlines()) <= 5
    assert "2 rows (10.0%)" in str(error.value)
    assert "meters.csv:20 (oil inf)" in str(error.value)
    assert "reports/by-hand/quarantine.parquet" in str(error.value)
    assert pl.read_parquet(reports / "quarantine.parquet")["sample_id"].to_list() == [18, 19]
    assert json.loads((reports / "verdict.json").read_text())["held"] is False
    assert "The run was stopped" in (reports / "data_docs" / "index.html").read_text()
    assert sorted(path.name for path in reports.iterdir()) == [
        "data_docs",
        "quarantine.parquet",
        "verdict.json",
    ]


def test_a_failed_gate_keeps_the_last_good_result(ingested):
    project = ingested([1.0] * 20)
    validate(project)
    before = sha256(project / "data" / "validate" / "table.parquet")
    ingested([INF] * 20)

    with pytest.raises(GateError):
        validate(project)

    assert sha256(project / "data" / "validate" / "table.parquet") == before


def test_a_good_run_by_hand_clears_the_evidence_of_a_failed_one(ingested):
    with pytest.raises(GateError):
        validate(ingested([INF] * 20))

    validate(ingested([1.0] * 20))

    assert [path.name for path in (ingested([1.0]) / "reports" / "by-hand").iterdir()] == ["data_docs"]


def test_a_table_of_which_no_row_is_left_stops_the_run(ingested):
    project = ingested([INF] * 20)

    with pytest.raises(GateError, match="no row is left after setting 20 aside"):
        validate(project, max_quarantined=1.0)


def test_an_empty_table_stops_the_run(ingested):
    project = ingested([], suite="rows:\n  - {rule: finite, columns: oil}\n")

    with pytest.raises(GateError, match="the table has no rows"):
        validate(project)


def test_warnings_let_the_run_go_on_and_are_reported(ingested):
    suite = "rows:\n  - {rule: between, columns: oil, max: 5, on_fail: warn}\n"

    report = validate(ingested([1.0, 9.0, 9.0], suite=suite))

    assert report.passed == 3
    assert report.warned == ("rows.between (quality.yaml:2): wanted at most 5, 2 rows against it",)
    assert "1 of them with a warning" in report.summary


def test_two_runs_give_the_same_bytes(ingested):
    project = ingested([float(row % 7) if row % 50 else INF for row in range(200)])
    hashes = []

    for _ in range(2):
        validate(project)
        files = sorted((project / "data" / "validate").iterdir())
        pages = [project / "reports" / "by-hand" / "data_docs" / "index.html"]
        hashes.append({path.name: sha256(path) for path in files + pages})

    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 6


def test_examples_are_as_many_as_wanted(ingested):
    project = ingested([1.0] * 10 + [INF] * 10)

    validate(project, max_quarantined=1.0, examples=2)

    verdict = json.loads((project / "data" / "validate" / "verdict.json").read_text())
    finite = next(finding for finding in verdict["findings"] if finding["rule"] == "finite")
    assert (finite["failed"], len(finite["examples"])) == (10, 2)


def test_a_missing_suite_and_a_missing_table_are_told(ingested, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"checks\.yaml does not exist"):
        validate(ingested([1.0]), suite="checks.yaml")
    (tmp_path / "data" / "ingest" / "table.parquet").write_bytes(b"something else")

    with pytest.raises(IntegrityError, match="is not the file its stage wrote"):
        validate(tmp_path)


def command(project: Path, home: Path) -> subprocess.CompletedProcess[str]:
    (project / "params.yaml").write_text("version: 1\n")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GX_", "CONVOY_"))}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "validate"],
        cwd=project,
        env={**kept, "PYTHONPATH": str(ROOT), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_only_its_own_sentences_and_leaves_the_home_alone(ingested, tmp_path_factory):
    project, home = ingested([1.0] * 20), tmp_path_factory.mktemp("home")

    done = command(project, home)

    assert done.returncode == 0
    assert done.stdout == "20 of 20 rows passed, none set aside; 8 rules of quality.yaml checked\n"
    assert done.stderr == ""
    assert list(home.iterdir()) == []
    assert sorted(path.name for path in project.iterdir()) == [
        "data",
        "params.yaml",
        "quality.yaml",
        "reports",
    ]


def test_a_broken_suite_ends_the_command_with_code_four_and_no_traceback(ingested, tmp_path_factory):
    done = command(ingested([INF] * 20), tmp_path_factory.mktemp("home"))

    assert done.returncode == 4
    assert done.stderr.startswith("error in validate: quality.yaml does not hold for 20 rows")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 5


def test_reading_the_config_does_not_import_great_expectations():
    code = (
        "import pipeline.command, pipeline.stages.validate, sys; print('great_expectations' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
