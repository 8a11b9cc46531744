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
