"""Numbers on disk come back as they were, and records in the order of their keys."""

import numpy as np
import pytest

from pipeline.foundation.buckets import Buckets, Column, mixed

RECORD = np.dtype([("key", "<u8"), ("row", "<i8")])


def test_a_column_gives_any_stretch_of_what_was_appended(tmp_path):
    column = Column(tmp_path / "numbers", np.int32)
    for first in range(0, 1_000, 300):
        column.append(np.arange(first, min(first + 300, 1_000)))

    assert len(column) == 1_000
    assert column[290:310].tolist() == list(range(290, 310))
    assert column[950:2_000].tolist() == list(range(950, 1_000))
    assert np.concatenate(list(column.pieces(64))).tolist() == list(range(1_000))


def test_a_closed_column_can_be_read(tmp_path):
    column = Column(tmp_path / "numbers", np.uint64)
    column.append(np.array([1, 2**63], np.uint64))
    column.close()

    assert column[:].tolist() == [1, 2**63]


@pytest.mark.parametrize("expected", [10, 3_000_000])
def test_records_come_in_the_order_of_their_keys_and_equal_ones_as_they_were(tmp_path, expected):
    rng = np.random.default_rng(0)
    records = np.empty(20_000, RECORD)
    records["key"] = mixed(rng.integers(0, 5_000, 20_000).astype(np.uint64))
    records["row"] = np.arange(20_000)
    buckets = Buckets(tmp_path / "buckets", RECORD, expected)
    for some in np.array_split(records, 7):
        buckets.add(some)

    found = np.concatenate(list(buckets.ordered()))

    assert found.tolist() == records[np.argsort(records["key"], kind="stable")].tolist()
    assert list(tmp_path.iterdir()) == []


def test_mixing_keeps_different_numbers_different_and_spreads_them():
    found = mixed(np.arange(100_000, dtype=np.uint64))

    assert len(np.unique(found)) == 100_000
    eighths = np.bincount((found >> np.uint64(61)).astype(np.int64), minlength=8)
    assert (np.abs(eighths / 100_000 - 1 / 8) < 0.01).all()
