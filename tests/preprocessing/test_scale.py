"""The scale of training rows is found in one pass, exactly, and in the same way however they come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.preprocessing import scale
from pipeline.preprocessing.scale import Chunks, RunningMoments, fit_scaler
from pipeline.preprocessing.series.smoothing import FactorSearch


def moments(rows, sizes):
    running, first = RunningMoments(rows.shape[1]), 0
    for size in [*sizes, len(rows)]:
        running.add(rows[first : first + size])
        first += size
    running.end()
    return running


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(scale, "CHUNK_CELLS", 60)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 90), max_size=6), st.lists(st.integers(1, 90), max_size=6), st.integers(0, 10**6)
)
def test_rows_in_any_pieces_give_the_same_numbers_to_the_last_bit(one, other, seed):
    rows = np.random.default_rng(seed).normal(1e6, 3, (200, 3))

    first, second = moments(rows, one), moments(rows, other)

    for kind in ("standard", "minmax", "none"):
        assert first.scaler(kind).offset.tobytes() == second.scaler(kind).offset.tobytes()
        assert first.scaler(kind).scale.tobytes() == second.scaler(kind).scale.tobytes()


@pytest.mark.parametrize("kind", ["standard", "minmax", "none"])
def test_the_scaler_is_the_one_of_all_rows_at_once(kind):
    rows = np.random.default_rng(0).normal(5, 3, (500, 4))
    rows[:, 3] = 7.0

    found, wanted = moments(rows, [33] * 9).scaler(kind), fit_scaler(rows, kind)

    assert np.allclose(found.offset, wanted.offset) and np.allclose(found.scale, wanted.scale)


def test_a_large_offset_does_not_swallow_the_deviation():
    rows = 1e9 + np.random.default_rng(0).normal(0, 1e-2, (5000, 1))

    found = moments(rows, [77] * 40).scaler("standard")

    assert found.scale[0] == pytest.approx(rows.std(), rel=1e-3)


def test_unknown_cells_do_not_count():
    rows = np.random.default_rng(0).normal(size=(400, 2))
    rows[::3, 0] = np.nan
    rows[:, 1] = np.nan

    found = moments(rows, [50] * 5)

    assert found.mean[0] == pytest.approx(np.nanmean(rows[:, 0]))
    assert found.scaler("minmax").offset.tolist() == [np.nanmin(rows[:, 0]), 0]
    assert found.scaler("standard").scale[1] == 1


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 90), max_size=8), st.integers(0, 10**6))
def test_the_smoothing_factor_does_not_depend_on_the_pieces(sizes, seed):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=(300, 2)), axis=0)
    begins = np.sort(rng.choice(300, 300) // 40 * 40)

    errors = []
    for pieces in (sizes, []):
        search, first = FactorSearch(2), 0
        for size in [*pieces, 300]:
            search.add(values[first : first + size], begins[first : first + size])
            first += size
        search.factors()
        errors.append(search.errors)

    assert errors[0].tobytes() == errors[1].tobytes()


def test_the_smoothing_factor_is_the_one_with_the_smallest_error_one_step_ahead():
    values = np.cumsum(np.random.default_rng(3).normal(size=120)) + np.random.default_rng(4).normal(size=120)
    begins = np.repeat([0, 50], [50, 70])

    search = FactorSearch(1)
    search.add(values[:, None], begins)
    factor = search.factors()[0]

    def error(alpha):
        total = 0.0
        for part in (values[:50], values[50:]):
            smooth = part[0]
            for value in part[1:]:
                total += (value - smooth) ** 2
                smooth = alpha * value + (1 - alpha) * smooth
        return total

    tried = [round(0.05 * step, 2) for step in range(1, 21)]
    assert factor == min(tried, key=error)


def test_chunks_have_one_size_whatever_comes():
    chunks = Chunks(3)
    rows = np.arange(150.0).reshape(50, 3)

    full = [chunk for part in (rows[:7], rows[7:41], rows[41:]) for chunk in chunks.add(part)]
    full += list(chunks.end())

    assert [len(chunk) for chunk in full] == [20, 20, 10]
    assert np.array_equal(np.concatenate(full), rows)
