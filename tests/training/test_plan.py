"""Which samples an epoch of training draws, in what order, and what becomes of their images."""

from itertools import chain

import numpy as np
import pytest

from pipeline.training.batches import Batches
from pipeline.training.plan import Draw, Plan

LENGTHS = np.random.default_rng(0).integers(1, 101, 1003)
CLASSES = np.repeat([0, 1, 2], [900, 90, 13])


class Texts:
    """Samples whose input is their position, with the flips beside it; their lengths and classes differ."""

    def __len__(self):
        return len(LENGTHS)

    def lengths(self, positions):
        return LENGTHS[positions]

    def inputs(self, positions, moves=None, flips=None):
        own = positions[:, None] if flips is None else np.column_stack([positions, flips])
        return own.astype(np.float32)

    second = None

    def static(self, positions):
        return None

    def windows(self, positions):
        return None

    def targets(self, positions):
        return CLASSES[positions]


def drawn(*, epoch=0, rank=0, world=1, least=2, **draw):
    plan = Plan(seed=3, batch_size=20, rank=rank, world=world, least=least)
    return list(Batches(Texts(), plan, epoch=lambda: epoch, draw=Draw(**draw)))


def rows(batches):
    return [batch.inputs[0][:, 0].long().tolist() for batch in batches]


def padded_share(batches):
    steps = sum(len(batch.target) * int(batch.inputs[1].max()) for batch in batches)
    return 1 - sum(int(batch.inputs[1].sum()) for batch in batches) / steps


def test_in_buckets_every_sample_is_still_read_once_in_an_epoch_and_far_less_is_padded():
    plain, bucketed = drawn(), drawn(buckets=True)

    assert sorted(chain.from_iterable(rows(bucketed))) == list(range(len(LENGTHS)))
    assert [len(batch.target) for batch in bucketed] == [len(batch.target) for batch in plain]
    assert padded_share(plain) > 0.4 and padded_share(bucketed) < 0.05


def test_buckets_come_in_no_order_of_length_and_in_another_one_every_epoch():
    first, second = drawn(buckets=True), drawn(buckets=True, epoch=1)

    longest = [int(batch.inputs[1].max()) for batch in first[:-1]]
    assert abs(np.corrcoef(longest, np.arange(len(longest)))[0, 1]) < 0.5
    assert rows(first) == rows(drawn(buckets=True)) != rows(second)


def test_the_odd_last_batch_of_buckets_is_as_mixed_as_the_data():
    last = drawn(buckets=True)[-1]

    assert len(last.target) == 3  # 1003 samples
    assert rows([last]) == rows(drawn()[-1:])


def test_fewer_samples_than_a_batch_are_one_batch():
    plan = Plan(seed=3, batch_size=20, least=2)

    assert plan.bucketed(np.array([2, 0, 1]), np.array([5, 1, 9]), 0).tolist() == [2, 0, 1]


def test_val_and_test_are_read_as_they_lie_however_training_draws():
    batches = Batches(
        Texts(), Plan(seed=3, batch_size=20), draw=Draw(balanced=True, buckets=True, flip="both")
    )

    assert list(chain.from_iterable(rows(list(batches)))) == list(range(len(LENGTHS)))


def test_balanced_every_class_is_drawn_as_often_in_an_epoch_of_the_same_length():
    found = np.concatenate([batch.target.numpy() for batch in drawn(balanced=True)])

    assert len(found) == len(CLASSES)
    np.testing.assert_allclose(np.bincount(found) / len(found), 1 / 3, atol=0.05)


def test_balanced_draws_are_the_same_for_the_same_epoch_and_others_for_another():
    assert rows(drawn(balanced=True)) == rows(drawn(balanced=True)) != rows(drawn(balanced=True, epoch=1))


@pytest.mark.parametrize("draw", [{"balanced": True}, {"buckets": True}, {"balanced": True, "buckets": True}])
def test_processes_share_what_one_would_draw(draw):
    alone = drawn(least=4, **draw)

    shared = [drawn(rank=rank, world=2, **draw) for rank in range(2)]

    for step, whole in enumerate(alone):
        assert list(chain.from_iterable(rows([part[step] for part in shared]))) == rows([whole])[0]


@pytest.mark.parametrize(
    ("flip", "seen"),
    [
        ("horizontal", {(0, 0), (0, 1)}),
        ("vertical", {(0, 0), (1, 0)}),
        ("both", {(0, 0), (0, 1), (1, 0), (1, 1)}),
    ],
)
def test_images_are_mirrored_by_chance_and_only_as_asked(flip, seen):
    first, second = drawn(flip=flip), drawn(flip=flip, epoch=1)
    flips = [np.concatenate([batch.inputs[0][:, 1:].numpy() for batch in epoch]) for epoch in (first, second)]

    assert {tuple(pair) for pair in flips[0].astype(int).tolist()} == seen
    assert abs(flips[0].max(axis=1).mean() - (0.75 if flip == "both" else 0.5)) < 0.1
    assert not np.array_equal(*flips)
    assert rows(first) == rows(drawn()), "who is mirrored changes nothing about who is read"
