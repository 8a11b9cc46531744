"""A recipe without a data set is a project of its own: made, read, trained and judged without one file of the user."""

import json

import pytest

from flows.reproduce import project_of
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
