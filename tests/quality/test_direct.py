"""What is told without Great Expectations is what it would have told."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter

from pipeline.quality.build import build_expectation
from pipeline.quality.cells import cells
from pipeline.quality.direct import failing
from pipeline.quality.judge import VALUE, judge
from pipeline.quality.suite import AnyRowRule

INF, NAN = float("inf"), float("nan")
NUMBERS = some.one_of(
    some.none(),
    some.sampled_from([0.0, -0.0, 1.0, 2.0, INF, -INF, NAN, 5e-324, 1.7e308, -1.7e308]),
    some.floats(-3, 3),
)
TEXTS = some.one_of(
    some.none(), some.sampled_from(["", "0", "1", "a", "ab", "ä", "nan", "None"]), some.text(max_size=4)
)
RULES = {
    "not_null": ({}, NUMBERS),
    "finite": ({}, NUMBERS),
    "positive": ({}, NUMBERS),
    "between": ({"min": 0.0, "max": 2.0}, NUMBERS),
    "length": ({"min": 1, "max": 2}, TEXTS),
    "one_of": ({"values": [0, "a", "nan"]}, TEXTS),
}


def rule_of(name, words):
    return TypeAdapter(AnyRowRule).validate_python({"rule": name, "columns": "x", **words})


def both(rule, column):
    """Return what is told directly, and what Great Expectations tells, of a column."""
    values = cells(pl.DataFrame({"x": column}), "x", rule)
    expectation = build_expectation(rule, as_text=column.dtype == pl.String)
    return failing(rule, values), np.sort(judge(expectation, {VALUE: values}).failed)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=15, deadline=None)
@given(data=some.data())
def test_it_finds_the_same_cells(name, data):
    words, kinds = RULES[name]
    found = data.draw(some.lists(kinds, min_size=1, max_size=30))
    column = pl.Series("x", found, pl.String if kinds is TEXTS else pl.Float64)

    direct, by_gx = both(rule_of(name, words), column)

    assert direct.tolist() == by_gx.tolist()


@pytest.mark.parametrize("kind", [pl.Int64, pl.Int8, pl.UInt32, pl.Float32])
def test_whole_and_short_numbers_are_numbers(kind):
    column = pl.Series("x", [0, 1, 2, 3, 120], kind)

    for name, words in (("between", {"min": 1.0, "max": 2.0}), ("positive", {}), ("not_null", {})):
        direct, by_gx = both(rule_of(name, words), column)
        assert direct.tolist() == by_gx.tolist()


def test_what_comparisons_cannot_tell_is_left_to_it():
    texts = cells(pl.DataFrame({"x": ["ab", None]}), "x", rule_of("matches", {"pattern": "^a"}))

    assert failing(rule_of("matches", {"pattern": "^a"}), texts) is None
    assert failing(rule_of("one_of", {"values": [0, 1]}), np.array([0.0, 2.0])) is None
    moments = np.array(["2026-01-01", "NaT"], "datetime64[us]")
    assert failing(rule_of("between", {"min": "2026-01-01"}), moments) is None
