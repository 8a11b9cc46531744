import pytest

from pipeline.comparison.plan import parsed_plan, plan_text, preset_names, read_plan
from pipeline.foundation.errors import ConfigError


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_plan(name, tmp_path):
    assert read_plan(name, tmp_path).candidates


def test_the_project_s_own_plan_comes_before_the_preset(tmp_path):
    (tmp_path / "compare.yaml").write_text("about: mine\ncandidates: {a: {settings: {model.order: cnn}}}\n")

    assert read_plan(None, tmp_path).about == "mine"


def test_an_unknown_plan_is_told_with_the_nearest_preset(tmp_path):
    with pytest.raises(ConfigError, match="did you mean rivals"):
        read_plan("rival", tmp_path)


def test_a_candidate_may_not_change_the_data_that_all_share():
    tree = {"candidates": {"a": {"settings": {"preprocessing.window": 12}}}}

    with pytest.raises(ConfigError, match=r"preprocessing\.window cannot differ between candidates"):
        parsed_plan(tree, "compare.yaml")


def test_a_committee_of_nobody_known_is_told():
    tree = {"candidates": {"all": {"members": {"nobody": 3}}}}

    with pytest.raises(ConfigError, match=r"all\.members names nobody"):
        parsed_plan(tree, "compare.yaml")


@pytest.mark.parametrize("count", [0, -1, True, 2.0, 10**12, "3"])
def test_how_often_something_is_trained_is_a_number_of_a_sane_size(count):
    with pytest.raises(ConfigError, match="seeds="):
        parsed_plan({"seeds": count}, "compare.yaml")
    with pytest.raises(ConfigError, match=r"candidates\.pair\.members\.own="):
        parsed_plan({"candidates": {"pair": {"members": {"own": count}}}}, "compare.yaml")


@pytest.mark.parametrize("text", ["[1, 2]", "candidates: {a: {role: queen}}", "{"])
def test_what_is_no_plan_is_one_sentence(text, tmp_path):
    (tmp_path / "compare.yaml").write_text(text)

    with pytest.raises(ConfigError) as told:
        read_plan(None, tmp_path)

    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("name", preset_names())
def test_a_plan_written_for_a_person_is_the_same_plan(name, tmp_path):
    plan = read_plan(name, tmp_path)

    (tmp_path / "compare.yaml").write_text(plan_text(plan))

    assert read_plan(None, tmp_path) == plan


@pytest.mark.parametrize("name", ["own", "linear", "cnn alike", "'gru Alike '", "''", '"two\\nlines"'])
def test_a_candidate_has_a_name_that_nobody_else_on_the_leaderboard_has(name, tmp_path):
    (tmp_path / "compare.yaml").write_text(f"candidates: {{{name}: {{settings: {{model.order: cnn}}}}}}\n")

    with pytest.raises(ConfigError, match="a candidate cannot be called"):
        read_plan(None, tmp_path)


@pytest.mark.parametrize("folds", ["[{a: 1}]", "[-1]", "[0.5]", "[[0]]", "[true]"])
def test_folds_that_are_no_numbers_are_told_with_those_that_are(folds, tmp_path):
    (tmp_path / "compare.yaml").write_text(f"folds: {folds}\n")

    with pytest.raises(
        ConfigError, match=r"folds=.* is not allowed: it is one, all, or different numbers from 0 on"
    ):
        read_plan(None, tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"about: K\xe4se\n", "is not UTF-8 text; save it as UTF-8"),
        (b"seeds: 1\nseeds: 2\n", 'line 2, cannot be read as YAML: found duplicate key "seeds"'),
        (b"[" * 5000 + b"]" * 5000, "is nested too deeply for a plan"),
        (b"seed: 3\n", "seed is not a setting of a comparison; did you mean seeds?"),
        (b"candidates: {a: {setings: {}}}\n", "candidates.a.setings is not .* did you mean settings?"),
        (b"candidates: {a: cnn}\n", "candidates.a='cnn' is not allowed: it must be names with values"),
        (b"candidates: {1: {}}\n", "1 is no name in candidates; put it in quotes"),
        (b"candidates: {a: {combine: stacked}}\n", "candidates.a: combine=stacked weighs members"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_with_its_place_and_what_to_do(text, told, tmp_path):
    (tmp_path / "compare.yaml").write_bytes(text)

    with pytest.raises(ConfigError, match=told):
        read_plan(None, tmp_path)
