"""A retrain says how new data compare with those of the champion, and stops for nothing that it finds."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from flows.watching.history import entries
from flows.watching.new_data import drift_from_champion, entry_of, keep
from pipeline.config import Config
from pipeline.foundation.folder import stage_folder
from pipeline.params import params_text
from pipeline.registry.champion import FILE, Registry, registry_folder, version_folder
from pipeline.stages.run import run


def gate(folder, rows):
    """Let a table through the gate of a project."""
    rows.write_csv(folder / "patients.csv")
    config = Config.model_validate({
        "sources": {
            "kind": "csv", "path": "patients.csv", "rows": "samples", "target": "ill", "categories": ["town"],
        },
        "preprocessing": {"kind": "table"},
        "extraction": {"kind": "conv1d", "features": [4]},
        "run": {"threads": 1},
    })  # fmt: skip
    (folder / "params.yaml").write_text(params_text(config))
    (folder / "quality.yaml").write_text("version: 1\n")
    for stage in ("ingest", "validate"):
        run(stage, config, folder)


def patients(rows, seed, *, higher=0.0):
    random = np.random.default_rng(seed)
    return pl.DataFrame({
        "pressure": random.normal(120.0 + higher, 10.0, rows).round(2),
        "town": random.choice(["north", "south"], rows),
        "ill": random.choice(["no", "yes"], rows),
    })  # fmt: skip


@pytest.fixture
def project(tmp_path):
    """A project whose champion was made from 1,000 patients."""
    (tmp_path / "data").mkdir()
    gate(tmp_path, patients(1000, 0))
    with stage_folder(version_folder(tmp_path, "v1.0.0")) as bundle:
        (bundle / "validate").mkdir()
        shutil.copyfile(tmp_path / "data/validate/verdict.json", bundle / "validate/verdict.json")
    registry = Registry(champion="v1.0.0")
    (registry_folder(tmp_path) / FILE).write_text(registry.model_dump_json())
    return tmp_path


def test_new_patients_like_those_of_the_champion_are_no_drift(project):
    gate(project, patients(600, 1))

    report = drift_from_champion(project, project / "reports")

    # Three distributions, and new values of town and class.
    assert report.summary == "no drift: 3 columns, 5 tests"
    assert json.loads((project / "reports/drift.json").read_text())["drift"] is False


def test_a_higher_pressure_is_named(project):
    gate(project, patients(600, 1, higher=5.0))

    report = drift_from_champion(project, project / "reports")

    assert report.summary.startswith("drift in 1 of 3 columns: pressure (PSI 0.")


def test_what_a_retrain_found_is_kept_under_its_run_and_told_to_nobody_without_a_server(project, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    gate(project, patients(600, 1, higher=5.0))
    report = drift_from_champion(project, project / "reports")

    keep(project, entry_of(project, report, run="20260101-a"), report.summary)

    [entry] = entries(project)
    assert (entry.kind, entry.model, entry.run, entry.columns) == (
        "retrain",
        "v1.0.0",
        "20260101-a",
        ("pressure",),
    )
    assert entry.drift
    assert not entry.told
    assert "20260101-a" in (project / "reports/drift.html").read_text()


def test_without_a_champion_nothing_is_said(project):
    shutil.rmtree(registry_folder(project))

    assert drift_from_champion(project, project / "reports") is None
    assert not (project / "reports/drift.json").exists()


def test_a_damaged_champion_is_told_and_stops_nothing(project):
    (version_folder(project, "v1.0.0") / "validate/verdict.json").write_text("{}")

    told = drift_from_champion(project, project / "reports")

    assert told.startswith("drift not tested: ")
    assert "verdict.json is not the file that was promoted" in told
