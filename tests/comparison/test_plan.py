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
