"""Vectors that have not changed alarm once in twenty; a shift that no single number shows is found."""

import numpy as np
import pytest
from scipy.signal import lfilter

from pipeline.drift import mmd
from pipeline.drift.compare import REPRESENTATION, Vectors, compare
from pipeline.drift.mmd import discrepancy
from pipeline.foundation.thinned import MOST, Thinned

RUNS = 200
BELOW = 0.10
"""Share of 200 runs that a test of 5 % stays below, but for one time in 1,300."""

MIX = np.random.default_rng(99).normal(size=(8, 8))


@pytest.fixture
def few(monkeypatch):
    """Permute less often: it makes p-values coarser, not smaller."""
    monkeypatch.setattr(mmd, "PERMUTATIONS", 199)


def vectors(random, rows, memory=0.0):
    """Eight features of a network over a stationary series."""
    noise = random.normal(size=(rows + 1500, 8)) * np.sqrt(1 - memory**2)
    return np.tanh(lfilter([1.0], [1.0, -memory], noise, axis=0)[1500:] @ MIX / 2).astype(np.float32)


def kept(rows):
    thinned = Thinned()
    for start in range(0, len(rows), 700):
        thinned.add(rows[start : start + 700])
    return thinned.kept()


@pytest.mark.parametrize(
    ("memory", "now", "then"), [(0.0, 150, 300), (0.5, 600, 1200), (0.9, 1500, 1500), (0.99, 10_000, 12_000)]
)
def test_vectors_that_do_not_change_alarm_once_in_twenty(few, memory, now, then):
    random = np.random.default_rng(0)
    pairs = ((vectors(random, now, memory), vectors(random, then, memory)) for _ in range(RUNS))
    found = [discrepancy(kept(ours), kept(theirs), dependent=memory > 0.0) for ours, theirs in pairs]

    tested = [each.p_value <= 0.05 for each in found if not isinstance(each, str)]
    assert len(tested) > RUNS / 2
    assert np.mean(tested) < BELOW


def test_counting_every_row_of_a_series_would_alarm_in_most_runs(few):
    random = np.random.default_rng(0)
    pairs = ((vectors(random, 800, 0.9), vectors(random, 1600, 0.9)) for _ in range(20))
    found = [discrepancy(kept(ours), kept(theirs), dependent=False) for ours, theirs in pairs]

    assert np.mean([each.p_value <= 0.05 for each in found]) > 0.5


def test_features_that_go_another_way_together_are_found_though_each_alone_stays_as_it_was():
    random = np.random.default_rng(1)
    then = random.normal(size=(1000, 2))
    then[:, 1] = then[:, 0] * 0.9 + then[:, 1] * np.sqrt(1 - 0.81)
    now = random.normal(size=(400, 2))
    now[:, 1] = -now[:, 0] * 0.9 + now[:, 1] * np.sqrt(1 - 0.81)

    found = discrepancy(kept(now.astype(np.float32)), kept(then.astype(np.float32)), dependent=False)

    assert found.p_value < 0.001
    assert found.distance > 0.2


def test_the_test_shares_the_correction_and_is_named():
    random = np.random.default_rng(2)
    now, then = kept(vectors(random, 400) + 1.0), kept(vectors(random, 900))

    report = compare([], about="", rows=400, vectors=Vectors(now, then, dependent=False))

    assert report.drift
    assert report.summary.startswith(f"drift in 1 of 1 column: {REPRESENTATION} (MMD 0.")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            np.zeros((0, 0), np.float32),
            "the new rows have 0 rows that do not resemble one another, and 20 are wanted",
        ),
        (np.ones((5, 8), np.float32), "the new rows have 5 rows"),
        (np.ones((50, 3), np.float32), "3 features now, and 8 in the reference"),
    ],
)
def test_what_cannot_be_compared_is_told(rows, reason):
    then = kept(vectors(np.random.default_rng(3), 100))

    assert reason in discrepancy(kept(rows), then, dependent=False)


def test_features_that_are_the_same_in_every_row_are_told():
    same = kept(np.ones((50, 8), np.float32))

    assert discrepancy(same, same, dependent=False) == "every row has the same features"


def test_equal_rows_give_equal_answers():
    random = np.random.default_rng(4)
    now, then = vectors(random, 300), vectors(random, 300)

    assert discrepancy(kept(now), kept(then), dependent=False) == discrepancy(
        kept(now), kept(then), dependent=False
    )


@pytest.mark.parametrize("rows", [0, 1, MOST, MOST + 1, 7 * MOST])
def test_what_is_kept_is_spread_evenly_whatever_the_pieces(rows):
    numbers = np.arange(rows, dtype=np.float32)[:, None]
    whole, pieces = Thinned(), Thinned()
    whole.add(numbers)
    for start in range(0, rows, 333):
        pieces.add(numbers[start : start + 333])

    one, other = whole.kept(), pieces.kept()
    assert one.rows.tolist() == other.rows.tolist()
    assert one.every == other.every
    assert len(one.rows) == min(rows, -(-rows // one.every)) <= MOST
    assert len(one.rows) >= min(rows, MOST // 2)
