"""A recipe without a data set is a project of its own: made, read, trained and judged without one file of the user."""

import json
from pathlib import Path

import pytest

from flows.commands.of_recipe import project_of
from flows.commands.reproduce import reproduce
from pipeline.foundation.errors import DataError
from pipeline.params import override_params, params_text, read_config
from pipeline.recipes.read import read_recipe
from pipeline.stages.run import run

BRIEF = (
    "training.epochs=1", "training.accelerator=cpu", "run.threads=1", "evaluation.resamples=100",
    "baselines.kinds=[majority, logistic]",
)  # fmt: skip
STAGES = ("ingest", "validate", "preprocess", "baseline", "extract", "analyze", "evaluate")
RECIPES = {
    "random-control": ("paper", {"sources.series": 120}, "cnn-lstm (conv1d, lstm)"),
    "hyperspectral-cnn": (
        "safe",
        {"sources.series": 120, "sources.groups": 12},
        "cnn-lstm (conv1d, lstm)",
    ),
    "stroke-cnn-lstm": ("safe", {"sources.series": 60}, "cnn-lstm (conv2d, lstm, 3 streams, static)"),
    "brain-volumes-cnn-lstm": (
        "safe",
        {"sources.series": 60, "sources.groups": 30},
        "cnn-lstm (conv3d, lstm)",
    ),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_of_generated_samples_goes_all_the_way(name, tmp_path):
    protocol, sizes, model = RECIPES[name]
    recipe = read_recipe(name)
    recipe = recipe.model_copy(update={"settings": {**recipe.settings, **sizes}})
    folder = tmp_path / "project"

    said = project_of(recipe, folder, protocol, "small")

    assert "sources.kind: generated" in said and "scikit-learn" not in said
    params = folder / "params.yaml"
    assert params.read_text() == params_text(read_config(params))
    config = override_params(params, BRIEF)
    for stage in STAGES:
        run(stage, config, folder)
    reports = {
        stage: json.loads((folder / "data" / stage / "report.json").read_text())
        for stage in ("preprocess", "analyze")
    }
    assert sum(reports["preprocess"]["counts"].values()) == sizes["sources.series"]
    assert model in reports["analyze"]["model"]
    assert (folder / "data" / "evaluate" / "report.html").is_file()


@pytest.mark.parametrize("made_before", [False, True])
def test_a_project_that_cannot_be_made_leaves_what_was_there(made_before, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(tmp_path / "nowhere"))
    before = tmp_path / "home" / "isear" / "safe-small" / "params.yaml"
    if made_before:
        before.parent.mkdir(parents=True)
        before.write_text("of another recipe")

    with pytest.raises(DataError, match="CONVOY_DATA_MIRROR"):
        reproduce(
            ["isear"],
            budget="small",
            home=tmp_path / "home",
            out=tmp_path / "results.md",
            protocols=["safe"],
        )

    left = [path for path in tmp_path.rglob("*") if path.is_file() or not list(path.iterdir())]
    assert left == ([before] if made_before else [])


def test_trainings_outlive_a_kill_while_their_project_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(tmp_path / "nowhere"))
    folder = tmp_path / "isear" / "safe-small"
    old = folder.with_name("safe-small.old")
    for place in (folder / ".convoy" / "trainings", old / ".convoy" / "folds", folder / "data"):
        place.mkdir(parents=True)
    (old / "recipe.json").write_text("{}")

    with pytest.raises(DataError):
        reproduce(["isear"], budget="small", home=tmp_path, out=tmp_path / "results.md", protocols=["safe"])

    assert sorted(path.name for path in (folder / ".convoy").iterdir()) == ["folds", "trainings"]
    assert not (folder / "data").exists()
    assert not old.exists()


DATA = Path(__file__).parents[3].parent / "shared" / "datasets"


@pytest.fixture
def mirror(monkeypatch):
    if not DATA.is_dir():
        pytest.skip("the folder of public data sets, ../shared/datasets, is not here")
    monkeypatch.setenv("CONVOY_DATA_MIRROR", str(DATA))


def preprocessed(name, protocol, folder, *, stages=STAGES[:3]):
    """Make a project of a recipe, run the first stages, and return its settings and what preprocess told."""
    project_of(read_recipe(name), folder, protocol, "small")
    config = override_params(folder / "params.yaml", BRIEF)
    for stage in stages:
        run(stage, config, folder)
    return config, json.loads((folder / "data" / "preprocess" / "report.json").read_text())


@pytest.mark.real
def test_posts_with_191_labels_go_all_the_way_once_rare_ones_are_merged(mirror, tmp_path):
    _, told = preprocessed("lstm-rnn-social", "safe", tmp_path / "project", stages=STAGES)

    meta = json.loads((tmp_path / "project" / "data" / "preprocess" / "meta.json").read_text())
    assert "other" in meta["classes"] and min(meta["class_counts"]) >= 10
    assert len(meta["merged"]) + len(meta["classes"]) - 1 == 191
    assert any("that training never sees" in note and "read as 'other'" in note for note in told["notes"])
    metrics = (tmp_path / "project" / "data" / "evaluate" / "report.html").read_text()
    assert "rare classes are read as" in metrics


PUBLIC = {
    "rt-polarity": ("safe", "folds", 10_662),
    "isear": ("safe", "group", 7_503),
    "pneumonia-28": ("safe", "given", 5_030),
    "white-blood-cells": ("safe", "stratified", 300),
    "asl-signers": ("safe", "leave_one_out", 140),
}


@pytest.mark.real
@pytest.mark.parametrize("name", PUBLIC)
def test_the_data_of_a_recipe_pass_the_gate_and_are_divided_as_its_protocol_says(name, mirror, tmp_path):
    protocol, kind, samples = PUBLIC[name]

    _, told = preprocessed(name, protocol, tmp_path / "project")

    assert told["split"] == kind
    assert sum(told["counts"].values()) == samples
    assert not told["audit"]["leak"]
