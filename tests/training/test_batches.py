from itertools import chain

import numpy as np
import pytest

from pipeline.foundation.errors import ConfigError
from pipeline.training.batches import Batches
from pipeline.training.plan import Draw, Plan


class Numbers:
    """Samples whose input is their position, with the moves beside it."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def lengths(self, positions):
        return None

    def inputs(self, positions, moves=None, flips=None):
        own = positions[:, None] if moves is None else np.column_stack([positions, moves])
        return own.astype(np.float32)

    second = None

    def static(self, positions):
        return None

    def windows(self, positions):
        return None

    def targets(self, positions):
        return positions


def batches(count=103, *, epoch=None, shift=0, **plan):
    settings = {"seed": 5, "batch_size": 10, "least": 2} | plan
    return Batches(Numbers(count), Plan(**settings), epoch=epoch, draw=Draw(shift=shift))


def rows(found):
    return [batch.target.tolist() for batch in found]


def test_every_sample_is_read_once_in_an_epoch_and_the_last_partial_batch_is_kept():
    found = rows(batches(103, epoch=lambda: 0))

    assert sorted(chain.from_iterable(found)) == list(range(103))
    assert [len(batch) for batch in found] == [10] * 10 + [3]


def test_a_last_batch_of_one_row_joins_the_one_before():
    found = batches(101, epoch=lambda: 0)

    assert [len(batch) for batch in rows(found)] == [10] * 9 + [11]
    assert len(found) == 10


def test_without_training_samples_come_as_they_lie():
    assert list(chain.from_iterable(rows(batches(25, least=1)))) == list(range(25))


def test_every_epoch_has_its_own_order_and_the_same_epoch_the_same():
    now = 0
    found = batches(epoch=lambda: now)
    first, again = rows(found), rows(found)
    now = 1
    second = rows(found)

    assert first == again
    assert first != second
    assert rows(batches(epoch=lambda: 0, seed=6)) != first


@pytest.mark.parametrize(("count", "world"), [(103, 2), (101, 3), (44, 4)])
def test_processes_share_each_step_between_them_without_repeating_or_dropping_a_row(count, world):
    alone = list(batches(count, epoch=lambda: 3, least=2 * world, batch_size=12, shift=2))

    shared = [
        list(batches(count, epoch=lambda: 3, least=2, batch_size=12, shift=2, rank=rank, world=world))
        for rank in range(world)
    ]

    assert {len(part) for part in shared} == {len(alone)}
    for step, whole in enumerate(alone):
        parts = [part[step] for part in shared]
        assert list(chain.from_iterable(rows(parts))) == whole.target.tolist()
        assert np.concatenate([part.inputs[0] for part in parts]).tolist() == whole.inputs[0].tolist()
        assert all(len(part.target) >= 2 and part.rows == whole.rows for part in parts)


def test_training_images_move_anew_in_every_epoch_and_by_no_more_than_asked():
    now = 0
    found = batches(500, epoch=lambda: now, shift=2, batch_size=500)
    first = next(iter(found)).inputs[0][:, 1:].numpy()
    now = 1
    second = next(iter(found)).inputs[0][:, 1:].numpy()

    assert set(np.unique(first)) == {-2, -1, 0, 1, 2}
    assert not np.array_equal(first, second)


def test_val_and_test_images_stay_where_they_are():
    assert next(iter(batches(20, shift=2))).inputs[0].shape[1] == 1


@pytest.mark.parametrize(
    ("count", "plan"), [(1, {}), (103, {"batch_size": 3, "world": 2}), (3, {"world": 2})]
)
def test_too_few_rows_for_the_processes_are_refused_with_the_settings_to_change(count, plan):
    with pytest.raises(ConfigError, match=r"training\.batch_size=.* at least \d are needed"):
        len(batches(count, **plan))
