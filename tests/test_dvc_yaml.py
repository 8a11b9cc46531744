"""``dvc.yaml``, the signatures, the imports and ``params.yaml`` say the same."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config import Config
from pipeline.foundation.errors import IntegrityError
from pipeline.params import params_text
from pipeline.stages.closure import check_code, closure, code_hashes, code_text
from pipeline.stages.run import STAGES, load, sections

ROOT = Path(__file__).parents[1]
DVC = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())
OTHER_FILES = {"validate": {"quality.yaml"}}
"""What a stage reads besides code and the folders of other stages."""


def test_dvc_yaml_has_every_stage():
    assert tuple(DVC["stages"]) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_called_by_its_name_and_writes_its_own_folder(stage):
    assert DVC["stages"][stage]["cmd"] == f"python -m pipeline {stage}"
    assert DVC["stages"][stage]["outs"] == [f"data/{stage}"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_the_sections_that_its_signature_names(stage):
    assert sorted(DVC["stages"][stage]["params"]) == sorted(sections(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_all_the_code_it_imports_and_no_more(stage):
    code = [dep for dep in DVC["stages"][stage]["deps"] if dep.startswith("pipeline/")]

    assert sorted(code) == list(closure(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_only_folders_of_stages_and_known_files(stage):
    others = {dep for dep in DVC["stages"][stage]["deps"] if not dep.startswith("pipeline/")}

    assert others - {f"data/{name}" for name in STAGES} == OTHER_FILES.get(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_a_function_of_sections_and_data(stage):
    assert load(stage).__name__ == stage
    assert set(sections(stage)) <= set(Config.model_fields)


def test_params_yaml_holds_every_field_with_its_default():
    read = YAML(typ="safe").load((ROOT / "params.yaml").read_text())

    assert read == json.loads(json.dumps(YAML(typ="safe").load(params_text(Config()))))


def test_imports_inside_functions_count(tmp_path, monkeypatch):
    package = tmp_path / "pipeline"
    for name, text in {
        "stages/made.py": "from pipeline.alpha.one import thing\n",
        "alpha/one.py": "def thing():\n    import pipeline.beta.two\n",
        "alpha/__init__.py": "",
        "beta/two.py": "from pipeline.single import other\n",
        "beta/__init__.py": "",
        "gamma/__init__.py": "",
        "single.py": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    monkeypatch.setattr("pipeline.stages.closure._ROOT", tmp_path)

    assert closure("made") == (
        "pipeline/alpha",
        "pipeline/beta",
        "pipeline/single.py",
        "pipeline/stages/made.py",
    )


def test_a_project_elsewhere_names_the_installed_code_of_every_stage(tmp_path):
    (tmp_path / "code.yaml").write_text(code_text())

    assert YAML(typ="safe").load(tmp_path / "code.yaml") == code_hashes()
    for stage in STAGES:
        check_code(stage, tmp_path)


def test_a_stage_refuses_to_run_under_the_hash_of_other_code(tmp_path):
    (tmp_path / "code.yaml").write_text(code_text().replace(code_hashes()["ingest"], "0" * 64))

    with pytest.raises(IntegrityError, match="another version of the code of 'ingest'"):
        check_code("ingest", tmp_path)


def test_a_project_without_code_yaml_is_not_checked(tmp_path):
    check_code("ingest", tmp_path)
