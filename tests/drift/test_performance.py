"""The score of rows whose targets have arrived, beside that of the test split."""

import numpy as np
import polars as pl
import pytest

from pipeline.drift.performance import ScoreTally, performance


def classes(right, rows, *, known=True, group=None):
    """Return predictions of which a share is right."""
    hits = np.arange(rows) % 100 < 100 * right
    target = pl.Series(["yes"] * rows) if known else pl.Series([None] * rows, dtype=pl.String)
    return pl.DataFrame({
        "sample_id": range(rows), "group": pl.Series([group] * rows, dtype=pl.String),
        "time": pl.Series([None] * rows, dtype=pl.Datetime("us")),
        "target": target, "prediction": np.where(hits, "yes", "no"),
        "probability_yes": pl.Series(hits.astype(np.float32)), "probability_no": pl.Series((~hits).astype(np.float32)),
    })  # fmt: skip


def tally(*tables):
    found = ScoreTally()
    for table in tables:
        found.add(table)
    return found


def test_a_score_below_the_interval_of_the_test_split_is_worse_if_the_errors_drifted():
    now, then = tally(classes(0.6, 400)), tally(classes(0.8, 300))

    found = performance(now, then, errors_moved=True)

    assert found.metric == "accuracy"
    assert found.now.score == pytest.approx(0.6)
    assert found.then.low < 0.8 < found.then.high
    assert found.worse
    assert (
        "accuracy 0.6 (0.552 to 0.648) on 400 labelled rows, 0.8 (0.754 to 0.846) on the test split: worse"
        in found.told
    )
    assert not performance(now, then, errors_moved=False).worse


def test_a_better_score_is_not_worse_however_much_the_errors_drifted():
    assert not performance(tally(classes(0.95, 400)), tally(classes(0.8, 300)), errors_moved=True).worse


def test_without_targets_there_is_no_score_and_unknown_ones_do_not_count():
    then = tally(classes(0.8, 300))

    assert performance(tally(classes(0.6, 400, known=False)), then, errors_moved=False) is None
    mixed = performance(tally(classes(0.6, 400, known=False), classes(0.8, 100)), then, errors_moved=False)
    assert mixed.now.rows == 100


def test_of_few_rows_the_score_is_told_without_an_interval():
    found = performance(tally(classes(0.8, 10)), tally(classes(0.8, 300)), errors_moved=False)

    assert (found.now.low, found.now.rows) == (None, 10)


def test_pieces_give_what_the_whole_gives():
    table = classes(0.73, 500)

    whole, pieces = tally(table).figure(), tally(table[:123], table[123:]).figure()

    assert pieces.score == pytest.approx(whole.score)
    assert pieces.low == pytest.approx(whole.low)


def test_numbers_have_a_mean_error_and_a_larger_one_is_worse():
    def numbers(error):
        noise = np.random.default_rng(0).normal(size=200)
        return pl.DataFrame({
            "sample_id": range(200), "group": pl.Series([None] * 200, dtype=pl.String),
            "time": pl.Series([None] * 200, dtype=pl.Datetime("us")), "step": 1, "channel": "load",
            "target": pl.Series(np.zeros(200, np.float32)), "prediction": pl.Series((noise * error).astype(np.float32)),
        })  # fmt: skip

    found = performance(tally(numbers(2.0)), tally(numbers(1.0)), errors_moved=True)

    assert found.metric == "mean absolute error"
    assert found.worse
