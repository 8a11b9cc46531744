"""A proposed project is complete, its stages are those of this repository, and a failure leaves nothing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from ruamel.yaml import YAML

from pipeline.foundation.errors import ConfigError, DataError, MachineError
from pipeline.params import params_text, read_config
from pipeline.proposal.choice import Wishes
from pipeline.proposal.project import repository_around, write_project
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


def test_this_repository_is_deployed_as_a_project_is():
    own, template = ((folder / "prefect.yaml").read_text() for folder in (ROOT, TEMPLATE))

    assert own == template.replace("convoy-project", "convoy")


def hourly(path, rows=600):
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 12, 31), "1h", eager=True)[:rows]
    pl.DataFrame({"when": times.dt.to_string(), "heat": [float(row % 24) for row in range(rows)]}).write_csv(
        path
    )
    return path


def test_a_project_holds_its_data_its_settings_and_its_history(tmp_path):
    data = hourly(tmp_path / "heat, daily.csv")
    folder = tmp_path / "a project"

    write_project(folder, propose(data, Wishes()), data, copy=True)

    config = read_config(folder / "params.yaml")
    assert (folder / config.sources.path).read_bytes() == data.read_bytes()
    assert yaml(folder / "dvc.yaml")["stages"]["ingest"]["deps"] == [config.sources.path]
    assert yaml(folder / "prefect.yaml")["deployments"][0]["name"] == "a project"
    status = subprocess.run(
        ["git", "status", "--short"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_new_data_come_from_the_users_file_and_not_from_the_copy(tmp_path):
    data = hourly(tmp_path / "heat.csv")
    wishes = Wishes(settings={"flow": {"new_data": str(data)}})

    config = write_project(tmp_path / "project", propose(data, wishes), data, copy=True)

    assert config.sources.path.startswith("data/raw/heat/")
    assert config.flow.new_data == str(data)


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


def git(folder, *words):
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def dvc(folder, *words):
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("begun", [True, False], ids=["with commits", "without a commit"])
def test_a_repository_around_a_project_gets_no_commit_and_keeps_what_is_staged(begun, tmp_path):
    git(tmp_path, "init", "--quiet")
    if begun:
        git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "Mine")
    (tmp_path / "essay.txt").write_text("half a sentence")
    git(tmp_path, "add", "essay.txt")
    data = hourly(tmp_path / "heat.csv")
    before = (tmp_path / ".git" / "HEAD").read_text(), git(tmp_path, "rev-list", "--all")

    write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    assert not (tmp_path / "project" / ".git").exists()
    assert ((tmp_path / ".git" / "HEAD").read_text(), git(tmp_path, "rev-list", "--all")) == before
    assert git(tmp_path, "status", "--short") == ["A  essay.txt", "?? heat.csv", "?? project/"]
    assert repository_around(tmp_path / "project").resolve() == tmp_path.resolve()
    done = dvc(tmp_path / "project", "status", "--json")
    assert done.returncode == 0, done.stderr


def test_a_project_that_stands_alone_is_in_nobodys_repository(tmp_path):
    data = hourly(tmp_path / "heat.csv")

    write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    assert repository_around(tmp_path / "project") is None
    assert git(tmp_path / "project", "log", "--format=%s") == ["Begin the project as proposed"]


def test_what_is_added_later_holds_the_whole_project_but_no_data(tmp_path):
    git(tmp_path, "init", "--quiet")
    data = hourly(tmp_path / "heat.csv")
    write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    git(tmp_path, "add", "project")

    added = git(tmp_path, "diff", "--cached", "--name-only")
    assert {"project/params.yaml", "project/dvc.yaml", "project/.dvc/config"} <= set(added)
    assert not [name for name in added if name.endswith(".csv")]


def test_a_commit_that_gits_settings_refuse_leaves_nothing_and_says_the_reason(tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\necho 'no commits on Fridays' >&2\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    data = hourly(tmp_path / "heat.csv")

    with pytest.raises(MachineError, match="no commits on Fridays"):
        write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize("inside", ["tables", "tables/project"])
def test_a_project_inside_its_own_data_is_refused(inside, tmp_path):
    (tmp_path / "tables").mkdir()
    data = hourly(tmp_path / "tables" / "heat.csv")
    proposal = propose(data.parent, Wishes())

    with pytest.raises(ConfigError, match=r"lies inside the data|is not empty"):
        write_project(tmp_path / inside, proposal, data.parent, copy=True)

    assert [path.name for path in data.parent.iterdir()] == ["heat.csv"]


ODD = (
    "cpu:load", "x?y", "1:30", "a, b", "#x", "yes", "[a]", "{a}", "&", "*a", "'q'", '"r"', "  lead", "${x}", "back\\",
    "1e3", "null", "-", "°C",
)  # fmt: skip


def test_odd_column_names_survive_in_the_settings_and_dvc_reads_them(tmp_path):
    times = hourly(tmp_path / "heat.csv")
    plain = pl.read_csv(times).rename({"heat": "base"})
    columns = [plain["when"], plain["base"], *(plain["base"].alias(name) for name in ODD)]
    pl.DataFrame(columns).write_parquet(tmp_path / "odd.parquet")
    folder, data = tmp_path / "project", tmp_path / "odd.parquet"

    write_project(folder, propose(data, Wishes()), data, copy=True)

    assert read_config(folder / "params.yaml").sources.channels == ("base", *ODD)
    for command in (("params", "diff", "--json"), ("status", "--json")):
        done = dvc(folder, *command)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["*", "a\nb", "tab\t", "\u0085", "😀", "?", ".5", "0x1", "<<", "2024-01-01"])
def test_any_text_is_read_back_from_params_as_it_was_written(name, tmp_path):
    config = propose(hourly(tmp_path / "heat.csv"), Wishes()).config
    named = config.sources.model_copy(update={"path": name, "channels": (name,), "group": name})
    config = config.model_copy(update={"sources": named})
    (tmp_path / "params.yaml").write_text(params_text(config), encoding="utf-8")

    assert read_config(tmp_path / "params.yaml").sources == config.sources


@pytest.mark.parametrize("copy", [True, False])
def test_a_file_named_like_a_variable_is_one_of_the_projects_files_all_the_same(copy, tmp_path):
    data = hourly(tmp_path / "a${b}.csv")
    folder = tmp_path / "project"

    config = write_project(folder, propose(data, Wishes()), data, copy=copy)

    assert (folder / config.sources.path).read_bytes() == data.read_bytes()
    done = dvc(folder, "status", "--json", "ingest")
    assert done.returncode == 0, done.stderr
    changed: dict[str, str] = {}
    for part in json.loads(done.stdout)["ingest"]:
        changed |= part.get("changed deps", {})
    assert changed[config.sources.path] in ("new", "modified")  # found, and not "deleted"


def test_a_file_that_cannot_be_copied_is_named_and_no_folder_is_left(tmp_path):
    for place in range(12):
        path = tmp_path / "p" / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * place, np.uint8)).save(path)
    (tmp_path / "p" / "a" / "gone.png").symlink_to("nothing.png")

    with pytest.raises(DataError) as error:
        write_project(tmp_path / "project", propose(tmp_path / "p", Wishes()), tmp_path / "p", copy=True)

    assert "1 files below" in str(error.value)
    assert "such as 'a/gone.png' (No such file or directory); mend or remove them" in str(error.value)
    assert not (tmp_path / "project").exists()


def test_a_folder_is_taken_with_what_lies_behind_links_and_a_link_to_nothing_is_told(tmp_path):
    for month, name in enumerate(("fold/a.csv", "fold/sub/b.csv", "elsewhere/c.csv"), 1):
        rows = (f"2026-{month:02d}-{1 + at // 24:02d}T{at % 24:02d}:00,{at % 7},{at}" for at in range(600))
        lines = ["time,a,b", *rows]
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("\n".join(lines))
    (tmp_path / "fold" / "link").symlink_to("../elsewhere")
    (tmp_path / "fold" / "sub" / "above").symlink_to("..")
    data = tmp_path / "fold"

    config = write_project(tmp_path / "project", propose(data, Wishes()), data, copy=True)

    copy = tmp_path / "project" / config.sources.path
    found = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
    assert found == ["a.csv", "link/c.csv", "sub/b.csv"]

    (data / "gone.csv").symlink_to("nothing.csv")
    with pytest.raises(DataError, match=r"gone\.csv is a link to nothing; mend or remove it"):
        propose(data, Wishes())
