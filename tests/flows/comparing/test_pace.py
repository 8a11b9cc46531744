"""How many trainings a comparison has left, and how long that takes at the pace so far."""

import pytest

from flows.comparing.pace import Pace
from flows.runs.record import StageRun


def test_nothing_is_expected_before_the_first_has_ended():
    assert Pace().told(14) == "14 trainings to do"


@pytest.mark.parametrize(
    ("seconds", "left", "told"),
    [
        ([0.1], 1, "1 training to do, some 1 s at this pace"),
        ([10.0, 20.0], 3, "3 trainings to do, some 45 s at this pace"),
        ([90.0], 3, "3 trainings to do, some 4 min at this pace"),
        ([3600.0, 1800.0], 30, "30 trainings to do, some 22 h at this pace"),
    ],
)
def test_the_rest_takes_the_mean_of_those_that_were_done(seconds, left, told):
    pace = Pace()
    for each in seconds:
        pace.went(StageRun("own", "ran", each))

    assert pace.told(left) == told


def test_what_was_trained_before_says_nothing_about_the_next():
    pace = Pace()
    pace.went(StageRun("own", "up to date"))

    assert pace.told(2) == "2 trainings to do"
