"""Time taken away: who loses by it, and who does not."""

import pytest
import torch

from pipeline.extraction.config import Conv1dConfig
from pipeline.model.build import build_net
from pipeline.model.disorder import Disorder

BLIND = {"order": "cnn", "pooling": "mean", "extraction": Conv1dConfig(features=(6,), kernel=1, pool=1)}


def numbered(samples=3, steps=12):
    """Return streams whose steps are their own positions."""
    return torch.arange(float(steps)).repeat(samples, 1).unsqueeze(2)


@pytest.mark.parametrize("training", [False, True])
def test_every_step_is_still_there_once(training):
    shuffled = Disorder(12).train(training)(numbered())

    assert not torch.equal(shuffled, numbered())
    assert torch.equal(shuffled.sort(dim=1).values, numbered())


def test_a_model_that_is_blind_to_order_loses_nothing(classifier, batch):
    settings = {"window": 8, "frame": (3,), **BLIND}
    plain, shuffled = (
        build_net(classifier(steps=steps, **settings), seed=0).eval() for steps in ("in_order", "shuffled")
    )
    x = batch(classifier(**settings))

    torch.testing.assert_close(shuffled(x), plain(x))


@pytest.mark.parametrize("order", ["lstm", "cnn-lstm"])
def test_a_model_that_reads_order_answers_otherwise(classifier, batch, order):
    settings = {"window": 8, "frame": (3,), "order": order}
    plain, shuffled = (
        build_net(classifier(steps=steps, **settings), seed=0).eval() for steps in ("in_order", "shuffled")
    )
    x = batch(classifier(**settings))

    assert (shuffled(x) - plain(x)).abs().amax(dim=1).min() > 1e-4


def test_training_sees_another_order_each_time_and_for_each_sample():
    torch.manual_seed(0)
    disorder = Disorder(12).train()

    first, second = disorder(numbered()), disorder(numbered())

    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_evaluation_sees_one_order_whatever_was_drawn_before():
    first = Disorder(12).eval()(numbered())
    torch.rand(5)

    assert torch.equal(Disorder(12).eval()(numbered()), first)
    assert torch.equal(first[0], first[1])


@pytest.mark.parametrize("training", [False, True])
def test_padding_stays_behind_each_sample(training):
    lengths = torch.tensor([12, 5, 1])

    shuffled = Disorder(12).train(training)(numbered(), lengths)

    for sample, length in enumerate(lengths.tolist()):
        assert shuffled[sample, :length].sort(dim=0).values.flatten().tolist() == list(range(length))


def test_what_is_drawn_does_not_depend_on_the_padding():
    disorder, lengths = Disorder(12).train(), torch.tensor([4, 7, 6])
    torch.manual_seed(0)
    short = disorder(numbered(steps=7), lengths)
    torch.manual_seed(0)
    long = disorder(numbered(steps=20), lengths)

    for sample, length in enumerate(lengths.tolist()):
        assert torch.equal(short[sample, :length], long[sample, :length])


def test_the_order_is_no_part_of_the_saved_weights(forecaster):
    plain, shuffled = (
        build_net(forecaster(steps=steps), seed=0).state_dict() for steps in ("in_order", "shuffled")
    )

    assert plain.keys() == shuffled.keys()
