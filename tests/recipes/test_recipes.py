"""Every recipe is complete, and its settings are ones that can run."""

import pytest
from pydantic import ValidationError

from pipeline.comparison.config import OWN
from pipeline.comparison.turns import check_folds
from pipeline.evaluation.judge import HEADS
from pipeline.evaluation.metrics import EXTRA_TITLES, METRICS
from pipeline.foundation.dotted import nested
from pipeline.foundation.errors import ConfigError
from pipeline.params import validated_config
from pipeline.proposal.settings import merged, placed
from pipeline.recipes.config import Recipe
from pipeline.recipes.read import read_recipe, recipe_names
from pipeline.sources.catalogue.entry import entry

RUNS = [
    (name, protocol, budget)
    for name in recipe_names()
    for protocol in read_recipe(name).protocols
    for budget in ("small", "full")
]


def config_of(name, protocol, budget, *, data="data"):
    """Return the params of a run, as far as they follow from the catalogue and the recipe, with data in a folder."""
    recipe = read_recipe(name)
    tree = entry(recipe.data_set).tree if recipe.data_set else {}
    said = nested(recipe.dotted(protocol, budget))
    return validated_config(placed(merged(tree, said), data), name)


@pytest.mark.parametrize(("name", "protocol", "budget"), RUNS)
def test_the_settings_of_every_recipe_go_together(name, protocol, budget):
    recipe = read_recipe(name)
    wanted = recipe.dotted(protocol, budget)

    config = config_of(name, protocol, budget)

    assert config.sources.kind == (
        wanted.get("sources.kind") or entry(recipe.data_set).settings["sources.kind"]
    )
    assert config.training.epochs == wanted.get("training.epochs", config.training.epochs)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_says_what_is_claimed_and_on_which_data(name):
    recipe = read_recipe(name)

    assert recipe.rows and recipe.paper and recipe.architecture
    assert recipe.claims
    assert recipe.data_set or recipe.stands_for


@pytest.mark.parametrize("name", recipe_names())
def test_the_candidates_of_every_recipe_have_settings_that_go_together(name):
    recipe = read_recipe(name)
    config = config_of(name, next(iter(recipe.protocols)), "full")

    for candidate in recipe.compare.candidates.values():
        tree = {}
        for key, value in candidate.settings.items():
            tree = merged(tree, {key: value})
        validated_config(merged(config.model_dump(mode="json"), tree), name)
        assert set(candidate.members) <= {OWN, *recipe.compare.candidates}


@pytest.mark.parametrize("name", recipe_names())
def test_what_is_claimed_is_a_score_that_a_row_can_be_set_beside(name):
    claims = [claim for claim in read_recipe(name).claims if claim.metric is not None]

    assert all(claim.metric in METRICS or claim.metric in EXTRA_TITLES for claim in claims)
    assert all(claim.value is not None for claim in claims)


@pytest.mark.parametrize(("name", "protocol", "budget"), RUNS)
def test_a_protocol_pools_folds_only_of_a_split_that_has_some(name, protocol, budget):
    recipe = read_recipe(name)

    plan = recipe.plan(protocol, budget)

    check_folds(plan, config_of(name, protocol, budget))
    assert (plan.folds == "one") == (recipe.protocols[protocol].folds == "one")
    assert plan.seeds == recipe.effort(budget).seeds


@pytest.mark.parametrize("name", recipe_names())
def test_what_stands_beside_the_deciding_score_is_a_metric_of_the_head(name):
    recipe = read_recipe(name)
    head = config_of(name, next(iter(recipe.protocols)), "full").heads.kind

    assert set(recipe.beside) <= set(HEADS[head][0])


def test_a_recipe_that_shows_an_unknown_metric_is_told_the_known_ones():
    tree = read_recipe("fer2013").model_dump() | {"beside": ["kappa"]}

    with pytest.raises(ValidationError, match="beside names kappa, which is no metric; there are accuracy"):
        Recipe.model_validate(tree)


def test_an_unknown_recipe_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean saclstm"):
        read_recipe("saclst")
