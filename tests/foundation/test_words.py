"""Words for counts and times."""

from datetime import timedelta

import pytest

from flows.schedules.schedule import interval_of
from pipeline.foundation.words import interval_text


@pytest.mark.parametrize("text", ["45s", "90m", "6h", "36h", "1d", "400d"])
def test_an_interval_is_told_as_a_person_gives_it(text):
    assert interval_text(interval_of(text)) == text


@pytest.mark.parametrize(
    ("interval", "text"), [({"seconds": 1.5}, "1.5s"), ({"seconds": 86_400}, "1d"), ({"minutes": 120}, "2h")]
)
def test_other_spellings_become_the_shortest(interval, text):
    assert interval_text(timedelta(**interval)) == text
