import numpy as np
import pytest

from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.last_direction import LastDirection

CLASSES = ("down", "up")


def reader_of(class_reader, samples, targets, **about):
    reader = class_reader(np.asarray(samples, float), targets, CLASSES)
    reader.meta = reader.meta.model_copy(update={"direction": 0, **about})
    return reader


def fitted(reader):
    floor = LastDirection()
    floor.fit(reader, reader, seed=0)
    return floor


def test_it_answers_what_followed_a_rise_and_what_followed_none(class_reader):
    levels = [[[1.0], [2.0]], [[3.0], [5.0]], [[4.0], [9.0]], [[2.0], [1.0]], [[7.0], [7.0]]]
    reader = reader_of(class_reader, levels, [1, 1, 0, 0, 1])

    found = answers(fitted(reader), reader)

    np.testing.assert_allclose(found[:3], [[1 / 3, 2 / 3]] * 3, atol=1e-6)
    np.testing.assert_allclose(found[3:], [[0.5, 0.5]] * 2)


def test_a_return_above_zero_in_the_units_of_the_source_is_a_rise(class_reader):
    # 0.3 and 0.1 stand for returns of +0.05 and -0.05: scaled = (raw - offset) / scale
    reader = reader_of(
        class_reader, [[[0.9], [0.3]], [[0.9], [0.1]], [[0.0], [0.3]]], [1, 0, 1],
        changed=(0,), offset=(-0.1,), scale=(0.5,),
    )  # fmt: skip

    np.testing.assert_allclose(answers(fitted(reader), reader), [[0, 1], [1, 0], [0, 1]])


def test_it_is_asked_only_where_the_classes_say_where_a_channel_goes(class_reader):
    reader = class_reader(np.zeros((2, 3, 1)), [0, 1], CLASSES)

    assert not LastDirection.fits(reader.meta)
    assert LastDirection.fits(reader.meta.model_copy(update={"direction": 0}))


def test_windows_that_all_end_alike_leave_it_out(class_reader):
    reader = reader_of(class_reader, [[[1.0], [2.0]], [[3.0], [4.0]]], [0, 1])

    with pytest.raises(LeftOutError, match="all training windows end with a rise"):
        fitted(reader)
