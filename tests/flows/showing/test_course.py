"""How far a run is, from what its stages tell."""

import pytest

from flows.showing.course import SHOWN, Course


def row(epoch, epochs=4, **numbers):
    return {"epoch": epoch, "epochs": epochs, "is_best": epoch == 1, "train/loss": 1.0 / epoch, **numbers}


def test_a_stage_counts_by_its_epochs_and_a_run_by_its_stages():
    course = Course(["preprocess", "analyze"])
    course.ended("preprocess", "ran")
    course.heard("analyze", "epoch", row(1))
    course.heard("analyze", "progress", {"epoch": 2, "epochs": 4, "part": 0.5})

    assert course.progress() == (pytest.approx((1 + 1.5 / 4) / 2), "analyze: epoch 2 of 4, train/loss 1")


def test_a_stage_that_failed_is_not_counted_as_done():
    course = Course(["analyze"])
    course.heard("analyze", "epoch", row(2))
    course.ended("analyze", "failed")

    assert course.progress() == (0.5, "analyze: failed")


def test_the_table_has_the_last_epochs_and_says_how_many_it_leaves_out():
    course = Course(["analyze"])
    for epoch in range(1, SHOWN + 6):
        course.heard("analyze", "epoch", row(epoch, epochs=100))

    table = course.markdown()
    assert table.splitlines()[4].startswith(f"| {SHOWN + 5} |")
    assert "5 earlier epochs are not shown." in table


@pytest.mark.parametrize(
    "numbers",
    [
        {}, {"epoch": "x", "epochs": 2}, {"epoch": None, "epochs": None}, {"epoch": 1, "epochs": 2, "part": []},
        {"epoch": 10**400, "epochs": 1, "part": "y"}, {"epoch": float("inf"), "epochs": 1, "part": 1.0},
        {"epoch": 1, "epochs": 1, "part": float("nan")}, {"epoch": 10**400, "epochs": 1, "part": 1.0},
    ],
)  # fmt: skip
def test_what_a_strange_program_says_is_no_news(numbers):
    course = Course(["stage"])

    assert not course.heard("stage", "progress", numbers)
    assert course.progress() == (0.0, "begins")


def test_more_than_there_is_never_counts_more_than_all():
    course = Course(["stage"])
    course.heard("stage", "epoch", row(9, epochs=2))

    assert course.progress()[0] == 1.0
