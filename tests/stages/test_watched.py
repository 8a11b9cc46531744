"""What a setting names is watched by DVC, or the stage does not run."""

import pytest

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError
from pipeline.stages.watched import check_watched

TABLE = {
    "preprocessing": {"kind": "windows"},
    "heads": {"kind": "forecast"},
    "extraction": {"kind": "conv1d"},
}


def config(path):
    return Config.model_validate({"sources": {"kind": "csv", "path": path}, **TABLE})


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dvc.yaml").write_text(
        "stages: {ingest: {cmd: x, deps: [data/raw/a, b.csv]}, validate: {cmd: x, deps: [quality.yaml]}}\n"
    )
    return tmp_path


@pytest.mark.parametrize("path", ["b.csv", "./b.csv", "data/raw/a/2024/t.csv", "data/raw/a/*.csv"])
def test_a_dep_or_what_lies_in_one_is_watched(project, path):
    check_watched("ingest", config(path), project)


@pytest.mark.parametrize("path", ["c.csv", "data/raw/*/t.csv", "*.csv"])
def test_another_file_is_refused_with_what_to_do(project, path):
    with pytest.raises(ConfigError, match=r"not among the deps of ingest in dvc\.yaml.*add it there"):
        check_watched("ingest", config(path), project)


def test_a_suite_of_another_name_is_refused(project):
    other = Config.model_validate({"quality": {"suite": "strict.yaml"}})

    with pytest.raises(ConfigError, match=r"quality\.suite=strict\.yaml is not among the deps of validate"):
        check_watched("validate", other, project)


def test_without_dvc_nothing_is_asked(tmp_path):
    check_watched("ingest", config("c.csv"), tmp_path)
