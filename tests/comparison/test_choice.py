"""Which hybrid is judged: val decides, and the project's own model where val cannot."""

import pytest

from pipeline.comparison.choice import choose
from pipeline.comparison.hearing import Entry


def entry(name, role, *val):
    return Entry(name=name, role=role, about="", predictions=[], val=val)


@pytest.mark.parametrize(
    ("own", "other", "rows", "chosen"),
    [
        (5 / 6, 1.0, 6, "own"),  # one sample more
        (0.83, 1.0, 600, "other"),
        (0.90, 0.91, 100, "own"),
        (0.90, 0.91, 5000, "other"),
        (0.95, 0.90, 5000, "own"),
    ],
)
def test_another_hybrid_is_judged_only_where_val_can_tell_it_from_the_own_one(own, other, rows, chosen):
    entries = [entry("other", "hybrid", other), entry("own", "model", own)]

    assert choose(entries, "classify", rows) == chosen


def test_the_mean_over_trainings_counts():
    entries = [entry("own", "model", 0.5, 0.7), entry("other", "hybrid", 0.9, 0.1)]

    assert choose(entries, "classify", 5000) == "own"


def test_an_error_chooses_the_smallest():
    entries = [entry("own", "model", 0.30), entry("other", "hybrid", 0.29)]

    assert choose(entries, "forecast", 6) == "other"


def test_rivals_and_committees_are_not_chosen():
    entries = [entry("rival", "rival", 1.0), entry("pair", "hybrid"), entry("own", "model", 0.2)]

    assert choose(entries, "classify", 5000) == "own"
