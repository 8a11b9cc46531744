import numpy as np
import pytest

from pipeline.baselines import summary as module
from pipeline.baselines.dense import MOST_FEATURES
from pipeline.baselines.summary import FIGURES, STEPS, resampled, summary


def test_the_figures_of_each_channel_come_first():
    sample = np.array([[[1.0], [4.0], [-2.0], [5.0]]])

    row = summary(sample, None)[0]

    np.testing.assert_allclose(row[:FIGURES], [2.0, np.std([1, 4, -2, 5]), -2.0, 5.0, 1.0, 5.0], rtol=1e-6)
    assert row[-1] == pytest.approx(np.log(4))
    assert len(row) == FIGURES + STEPS[1] + 1


def test_what_lies_behind_the_end_of_a_sample_changes_nothing():
    random = np.random.default_rng(0)
    short = random.normal(size=(1, 5, 3)) + 3.0
    batch = np.zeros((2, 9, 3))
    batch[0, :5], batch[1] = short, random.normal(size=(9, 3))

    alone, together = summary(short, np.array([5]))[0], summary(batch, np.array([5, 9]))[0]

    np.testing.assert_allclose(alone, together, rtol=1e-5)
    assert together[6:9].min() > 0  # the padding is not taken for a lowest value


def test_drawing_to_fixed_steps_keeps_the_shape_and_the_mean():
    ramp = np.arange(12.0)[None, :, None]

    fewer, more = resampled(ramp, np.array([12]), 4), resampled(ramp, np.array([12]), 24)

    assert fewer[0, :, 0].tolist() == pytest.approx([1.0, 4.0, 7.0, 10.0])
    assert more[0, :, 0].tolist() == pytest.approx(np.repeat(np.arange(12.0), 2).tolist())
    assert more.mean() == pytest.approx(ramp.mean())


def test_a_slower_and_a_faster_copy_are_drawn_alike():
    fast = np.sin(np.linspace(0, 6, 40))
    batch = np.zeros((2, 80, 1))
    batch[0, :40, 0], batch[1, :, 0] = fast, np.repeat(fast, 2)

    drawn = resampled(batch, np.array([40, 80]), 10)

    np.testing.assert_allclose(drawn[0], drawn[1], atol=1e-9)


@pytest.mark.parametrize("frame", [(2000,), (3, 64, 48), (1, 300, 300), (300, 2, 2), (1, 9, 64, 48)])
def test_wide_frames_are_averaged_down_to_a_bounded_number_of_features(frame):
    inputs = np.random.default_rng(0).normal(size=(2, 6, *frame)) + 7.0

    row = summary(inputs, np.array([6, 4]))

    channels = frame[0] * 1 if len(frame) == 3 else 0
    assert row.shape[1] <= max(MOST_FEATURES, channels * (FIGURES + STEPS[0])) + 1
    assert row[0, 0] == pytest.approx(7.0, abs=3.0)


def test_blocks_of_pixels_are_averaged(monkeypatch):
    monkeypatch.setattr(module, "MOST_CHANNELS", 4)
    image = np.arange(16.0).reshape(1, 1, 1, 4, 4)

    row = summary(image, None)[0]

    assert row[:4].tolist() == [2.5, 4.5, 10.5, 12.5]
