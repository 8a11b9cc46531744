import pytest

from pipeline.foundation.dotted import nested
from pipeline.foundation.errors import ConfigError


def test_names_with_dots_become_the_tree_that_they_mean():
    assert nested({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def test_a_setting_inside_a_tree_leaves_the_tree_that_was_given_alone():
    given = {"a": {"b": 1}, "a.c": 2}

    assert nested(given) == {"a": {"b": 1, "c": 2}}
    assert given == {"a": {"b": 1}, "a.c": 2}


def test_a_setting_inside_a_single_value_is_told():
    with pytest.raises(ConfigError, match=r"a=lstm is a single value, and a\.b is a setting inside it"):
        nested({"a": "lstm", "a.b": 5})


def test_a_tree_after_its_settings_is_joined_with_them():
    assert nested({"a.b": 1, "a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize("given", [{"a": {"b": 1}, "a.b": 2}, {"a.b": 1, "a": {"b": 2}}])
def test_a_setting_that_is_given_twice_is_told(given):
    with pytest.raises(ConfigError, match=r"a\.b is given twice, as 1 and as 2; give one of them"):
        nested(given)


def test_a_single_value_after_settings_inside_it_is_told():
    with pytest.raises(ConfigError, match=r"a=lstm is a single value, and a\.b is a setting inside it"):
        nested({"a.b": 5, "a": "lstm"})


def test_a_setting_that_is_said_twice_alike_is_no_contradiction():
    assert nested({"a": {"b": 1}, "a.b": 1}) == {"a": {"b": 1}}
