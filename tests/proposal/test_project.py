"""A proposed project is complete, its stages are those of this repository, and a failure leaves nothing."""

import subprocess
from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

from pipeline.foundation.errors import ConfigError, DataError
from pipeline.params import read_config
from pipeline.proposal.choice import Wishes
from pipeline.proposal.project import write_project
from pipeline.proposal.propose import propose

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "pipeline" / "proposal" / "template"


def yaml(path):
    return YAML(typ="safe").load(path.read_text())


def of_data(dependencies):
    return [name for name in dependencies if not name.startswith("pipeline/")]


def test_a_projects_stages_are_those_of_this_repository_without_its_code():
    own, template = yaml(ROOT / "dvc.yaml"), yaml(TEMPLATE / "stages.yaml")

    assert list(template["stages"]) == list(own["stages"])
    for name, stage in own["stages"].items():
        other = template["stages"][name]
        assert other["deps"] == of_data(stage["deps"])
        assert other["params"] == [*stage["params"], {"code.yaml": [name]}]
        assert (other["cmd"], other["outs"]) == (stage["cmd"], stage["outs"])
    assert (template["metrics"], template["plots"]) == (own["metrics"], own["plots"])


def hourly(path, rows=600):
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 12, 31), "1h", eager=True)[:rows]
    pl.DataFrame({"when": times.dt.to_string(), "heat": [float(row % 24) for row in range(rows)]}).write_csv(path)
    return path


def test_a_project_holds_its_data_its_settings_and_its_history(tmp_path):
    data = hourly(tmp_path / "heat, daily.csv")
    folder = tmp_path / "a project"

    write_project(folder, propose(data, Wishes()), data, copy=True)

    config = read_config(folder / "params.yaml")
    assert (folder / config.sources.path).read_bytes() == data.read_bytes()
    assert yaml(folder / "dvc.yaml")["stages"]["ingest"]["deps"] == [config.sources.path]
    status = subprocess.run(["git", "status", "--short"], cwd=folder, capture_output=True, text=True, check=True)
    assert status.stdout == ""


def test_without_a_copy_the_data_stay_where_they_are(tmp_path):
    data = hourly(tmp_path / "heat.csv")

    config = write_project(tmp_path / "project", propose(data, Wishes()), data, copy=False)

    assert config.sources.path == str(data)
    assert not (tmp_path / "project" / "data").exists()


def test_a_folder_that_holds_something_is_not_touched(tmp_path):
    data = hourly(tmp_path / "heat.csv")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "thesis.txt").write_text("ten years")

    with pytest.raises(ConfigError, match="is not empty"):
        write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    assert [path.name for path in (tmp_path / "project").iterdir()] == ["thesis.txt"]


def test_a_failure_in_the_middle_leaves_no_folder_behind(tmp_path):
    data = hourly(tmp_path / "heat.csv")
    proposal = propose(data, Wishes())
    data.unlink()

    with pytest.raises((DataError, FileNotFoundError)):
        write_project(tmp_path / "project", proposal, data, copy=True)

    assert not (tmp_path / "project").exists()


def test_a_project_inside_a_repository_joins_it(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    data = hourly(tmp_path / "heat.csv")

    write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    assert not (tmp_path / "project" / ".git").exists()
    assert (tmp_path / "project" / ".dvc").is_dir()
