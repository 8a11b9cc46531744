"""This repository as a project: the same bytes by every way, and what DVC makes of them."""

import csv
import json
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import pipeline
from flows.environment import be_quiet, child_environment
from pipeline.params import override_params
from pipeline.stages.run import STAGES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
SMALL = ["training.epochs=1", "extraction.epochs=1", "evaluation.resamples=50"]
GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@localhost"]


def call(folder, *command):
    """Run a program in a folder as its user would, and return what it printed."""
    if command[0] == "dvc":
        command = (sys.executable, "-m", *command)
    environment = child_environment()
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code beside the code must not count as a change
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def commit(folder):
    call(folder, "git", "add", "-A")
    call(folder, *GIT, "commit", "-q", "-m", "as it is")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Return a copy of this repository under git, with params that take seconds."""
    be_quiet()
    folder = tmp_path_factory.mktemp("source") / "repository"
    listed = call(ROOT, "git", "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    for name in listed:
        if name and name != "dvc.lock" and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    override_params(folder / "params.yaml", SMALL)
    call(folder, "git", "init", "-q")
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def reproduced(source, tmp_path_factory):
    """Return a clone after `dvc repro`, committed and pushed to a local remote."""
    folder = tmp_path_factory.mktemp("reproduced") / "clone"
    call(source, "git", "clone", "-q", str(source), str(folder))
    call(folder, "dvc", "repro")
    call(folder, "dvc", "remote", "add", "-q", "-d", "store", str(folder.parent / "store"))
    commit(folder)
    call(folder, "dvc", "push", "-q")
    return folder


def outputs(folder):
    lock = YAML(typ="safe").load((folder / "dvc.lock").read_text())
    return {name: stage["outs"][0]["md5"] for name, stage in lock["stages"].items()}


def test_the_flow_and_dvc_alone_give_the_same_bytes_from_scratch(
    source, reproduced, tmp_path, database, home
):
    folder = tmp_path / "clone"
    call(source, "git", "clone", "-q", str(source), str(folder))
    (folder / ".convoy").mkdir()
    shutil.copy(database, folder / ".convoy" / "prefect.db")

    told = call(folder, str(Path(sys.executable).parent / "convoy"), "run")

    assert outputs(folder) == outputs(reproduced)
    assert set(outputs(folder)) == set(STAGES)
    assert "logistic" in told
    assert str(folder / "data" / "evaluate" / "report.html") in told


def test_a_clone_elsewhere_pulls_everything_and_runs_nothing(reproduced, tmp_path):
    clone = tmp_path / "clone"
    call(reproduced, "git", "clone", "-q", str(reproduced), str(clone))
    call(clone, "dvc", "pull", "-q")
    modules = [module.name for module in pkgutil.walk_packages(pipeline.__path__, "pipeline.")]
    everything = [f"import {name}" for name in modules if not name.endswith("__main__")]
    call(clone, sys.executable, "-c", "\n".join(everything))
    assert list((clone / "pipeline").rglob("__pycache__"))

    told = call(clone, "dvc", "repro")

    assert "Running stage" not in told
    assert "up to date" in told
    assert json.loads(call(clone, "dvc", "status", "--json")) == {}


def test_metrics_and_params_are_shown_and_compared(reproduced, tmp_path):
    clone = tmp_path / "clone"
    call(reproduced, "git", "clone", "-q", str(reproduced), str(clone))
    call(clone, "dvc", "pull", "-q")
    call(clone, "dvc", "repro")
    [shown] = json.loads(call(clone, "dvc", "metrics", "show", "--json"))[""]["data"].values()
    override_params(clone / "params.yaml", ["evaluation.resamples=60"])
    call(clone, "dvc", "repro")

    params = json.loads(call(clone, "dvc", "params", "diff", "--json"))
    metrics = json.loads(call(clone, "dvc", "metrics", "diff", "--json", "--all"))

    assert 0.0 < shown["data"]["test/accuracy"] <= 1.0
    assert params["params.yaml"]["evaluation.resamples"]["new"] == 60
    [compared] = metrics.values()
    assert compared["test/accuracy"]["diff"] == 0
    assert compared["test/accuracy_low"]["old"] > 0


def test_plots_are_pages_and_pictures_without_the_network(reproduced, tmp_path):
    call(reproduced, "dvc", "plots", "show", "--out", str(tmp_path / "plots"))

    page = (tmp_path / "plots" / "index.html").read_text()
    pictures = [path.name for path in (tmp_path / "plots").rglob("*.png")]
    assert "Loss by epoch" in page
    assert any("loss" in name for name in pictures)


def test_an_experiment_runs_what_its_setting_touches_and_stands_in_the_table(reproduced, tmp_path):
    clone = tmp_path / "clone"
    call(reproduced, "git", "clone", "-q", str(reproduced), str(clone))
    call(clone, "dvc", "pull", "-q")

    told = call(clone, "dvc", "exp", "run", "-S", "evaluation.resamples=70", "--name", "more")
    table = call(clone, "dvc", "exp", "show", "--csv")

    assert "Running stage 'evaluate'" in told
    assert "Running stage 'analyze'" not in told
    [row] = [row for row in csv.DictReader(table.splitlines()) if row["Experiment"] == "more"]
    assert row["evaluation.resamples"] == "70"
    assert float(row["test/accuracy"]) > 0
