"""``convoy accept``: what the data are like now is what later data are compared with."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.commands.accept import accept_data
from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, DataError, IntegrityError
from pipeline.foundation.files import write_json
from pipeline.foundation.folder import stage_folder
from pipeline.foundation.table import write_table
from pipeline.params import params_text, read_config
from pipeline.sources.base import FIXED
from pipeline.stages.run import run
from pipeline.stages.watched import check_watched

TEMPLATE = Path(__file__).parents[3] / "pipeline" / "proposal" / "template" / "stages.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    """Return a project whose data have been ingested and judged."""
    monkeypatch.delenv("CONVOY_REPORTS", raising=False)
    monkeypatch.delenv("CONVOY_RUN_FOLDER", raising=False)
    (tmp_path / "params.yaml").write_text(params_text(Config()))
    (tmp_path / "quality.yaml").write_text("profile:\n  - {rule: rows, min: 1}\n")
    shutil.copyfile(TEMPLATE, tmp_path / "dvc.yaml")
    ingest(tmp_path, [float(n % 50) for n in range(400)])
    run("validate", read_config(tmp_path / "params.yaml"), tmp_path)
    return tmp_path


def ingest(project: Path, oil: list[float]) -> None:
    rows = len(oil)
    columns = {
        "sample_id": range(rows),
        "group": None,
        "time": None,
        "split": None,
        "origin": "meters.csv",
        "oil": oil,
    }
    frame = pl.DataFrame(
        {
            name: [value] * rows if value is None or isinstance(value, str) else value
            for name, value in columns.items()
        },
        schema={**FIXED, "oil": pl.Float64},
    )
    with stage_folder(project / "data" / "ingest") as out:
        write_table(frame, out / "table.parquet")
        write_json({"channels": ["oil"], "categories": [], "step_seconds": None}, out / "report.json")


def validate(project: Path):
    return run("validate", read_config(project / "params.yaml"), project)


def test_later_data_are_compared_with_those_accepted(project: Path):
    said = accept_data(project, None)
    same = validate(project)
    ingest(project, [float(n % 50) + 500 for n in range(300)])

    moved = validate(project)

    assert said.startswith("accepted: 400 rows of 6 columns")
    assert same.warned == ()
    assert [sentence.split(" ")[0] for sentence in moved.warned] == [
        "reference.rows_ratio", "reference.psi", "reference.ks",
    ]  # fmt: skip


def test_dvc_watches_the_reference_and_the_rest_of_the_file_stays(project: Path):
    before = (project / "dvc.yaml").read_text()

    accept_data(project, None)
    once = (project / "dvc.yaml").read_text()
    accept_data(project, None)

    assert (project / "dvc.yaml").read_text() == once
    changed = [
        pair for pair in zip(before.splitlines(), once.splitlines(), strict=True) if pair[0] != pair[1]
    ]
    assert changed == [
        (
            "    deps: [data/ingest, quality.yaml]",
            "    deps: [data/ingest, quality.yaml, quality-reference.json]",
        )
    ]
    config = read_config(project / "params.yaml")
    assert config.quality.reference == "quality-reference.json"
    check_watched("validate", config, project)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("deps: [a,  b]  # mine", "deps: [a,  b, quality-reference.json]  # mine"),
        (
            "deps:\n    - a # first\n    - b # second",
            "deps:\n    - a # first\n    - b # second\n    - quality-reference.json",
        ),
        ('deps: [a, "b"]', None),
    ],
)
def test_a_file_of_ones_own_keeps_its_layout(written, wanted, project: Path):
    (project / "dvc.yaml").write_text(f"# my stages\nstages:\n  validate:\n    {written}\n    cmd: x\n")

    if wanted is None:
        with pytest.raises(ConfigError, match=r"add quality-reference\.json to the deps of validate"):
            accept_data(project, None)
        return
    accept_data(project, None)

    assert (
        project / "dvc.yaml"
    ).read_text() == f"# my stages\nstages:\n  validate:\n    {wanted}\n    cmd: x\n"


def test_the_verdict_of_a_run_that_was_stopped_can_be_accepted(project: Path):
    accept_data(project, None)
    stopped = project / "reports" / "verdict.json"
    verdict = json.loads((project / "data" / "validate" / "verdict.json").read_text())
    verdict["profile"]["table"]["rows"] = 7
    write_json(verdict, stopped)

    assert accept_data(project, stopped).startswith("accepted: 7 rows")
    assert (project / "quality-reference.json").read_bytes() == stopped.read_bytes()


def test_without_a_verdict_nothing_is_changed(project: Path):
    shutil.rmtree(project / "data" / "validate")
    before = (project / "params.yaml").read_text()

    with pytest.raises(DataError, match="`convoy run`"):
        accept_data(project, None)

    assert (project / "params.yaml").read_text() == before
    assert not (project / "quality-reference.json").exists()


def test_a_verdict_changed_by_hand_is_refused(project: Path):
    (project / "data" / "validate" / "verdict.json").write_text("{}")

    with pytest.raises(IntegrityError):
        accept_data(project, None)


def test_a_folder_that_is_no_project_is_told(project: Path):
    (project / "dvc.yaml").write_text("stages: {}\n")

    with pytest.raises(ConfigError, match="has no stage validate"):
        accept_data(project, None)
    assert not (project / "quality-reference.json").exists()


def test_a_reference_that_went_missing_is_told(project: Path):
    accept_data(project, None)
    (project / "quality-reference.json").unlink()

    with pytest.raises(DataError, match="`convoy accept` writes the verdict"):
        validate(project)
