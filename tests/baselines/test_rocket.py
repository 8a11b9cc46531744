from itertools import combinations

import numpy as np
import pytest

from pipeline.baselines.base import LeftOutError, answers
from pipeline.baselines.kernels import TRIPLES, Spread, convolve, dilations, padded, region
from pipeline.baselines.minirocket import MiniRocket
from pipeline.baselines.multirocket import MultiRocket, changed
from pipeline.baselines.pooling import counted, figures, shares
from pipeline.baselines.ridge_loo import PENALTIES, fit_left_out


def spread(thresholds, dilation=1):
    channels = (np.array([0]),) * len(TRIPLES)
    return Spread(dilation, channels, np.full((len(TRIPLES), len(thresholds)), thresholds, np.float32))


def test_there_are_84_kernels_and_each_adds_up_to_nothing():
    flat = padded(np.ones((30, 1), np.float32), 1)

    assert tuple(combinations(range(9), 3)) == TRIPLES
    assert len(TRIPLES) == 84
    assert all((convolve(flat, 1, kernel)[4:-4] == 0).all() for kernel in range(84))


@pytest.mark.parametrize("dilation", [1, 3])
def test_a_kernel_gives_what_a_convolution_gives(dilation):
    signal = np.random.default_rng(0).normal(size=40).astype(np.float32)
    for kernel in (0, 50, 83):
        weights = np.zeros(8 * dilation + 1)
        weights[::dilation] = [2.0 if place in TRIPLES[kernel] else -1.0 for place in range(9)]

        found = convolve(padded(signal[:, None], dilation), dilation, kernel)

        expected = np.correlate(np.pad(signal, 4 * dilation), weights, mode="valid")
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)


@pytest.mark.parametrize(("steps", "furthest"), [(9, 1), (24, 2), (251, 31), (3, 1), (1, 1)])
def test_dilations_reach_as_far_as_a_kernel_fits_and_share_all_thresholds(steps, furthest):
    found = dilations(steps, 119)

    assert max(dilation for dilation, _ in found) == furthest
    assert sum(count for _, count in found) == 119


def test_more_than_255_steps_are_counted_right():
    passed = np.ones((1000, 2), np.bool_)
    passed[:10, 1] = False

    assert counted(passed).tolist() == [1000, 990]


def test_the_four_figures_of_a_kernel_are_those_worked_by_hand():
    # A peak of 1 at step 5 of 12. Kernel 0 has its weights of 2 at places 0, 1 and 2, so it gives 2 at the steps
    # 9, 8 and 7, where the peak stands 4, 3 and 2 steps before its middle, and −1 at 1 to 6.
    signal = np.zeros((1, 12, 1), np.float32)
    signal[0, 5] = 1.0
    lengths = np.array([12])

    found = figures((spread([0.5]),), signal, lengths)[0].reshape(2, 4, 42)

    share, excess, place, longest = found[0, :, 0]  # kernel 0 sees the zeros around
    assert share == pytest.approx(3 / 12)
    assert excess == pytest.approx(1.5)
    assert place == pytest.approx(8.0)
    assert longest == 3
    # Kernel 1 (places 0, 1, 3) is pooled over the inner steps 4 to 7: it gives 2 at step 6, the third of them.
    share, excess, place, longest = found[1, :, 0]
    assert (share, excess, place, longest) == pytest.approx((1 / 4, 1.5, 2.0, 1))


def test_minirocket_and_multirocket_agree_about_the_share():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(1, 30, 5)).astype(np.float32)
    lengths = np.full(5, 30)
    found = shares((spread([0.0]),), inputs, lengths)
    four = figures((spread([0.0]),), inputs, lengths).reshape(5, 2, 4, 42)

    np.testing.assert_allclose(np.sort(found), np.sort(four[:, :, 0].reshape(5, -1)), atol=1e-6)


def test_what_lies_behind_the_end_of_a_sample_counts_for_nothing():
    whole = region(spread([0.0]), np.array([20, 12, 3]), 20, inner=False)
    inner = region(spread([0.0]), np.array([20, 12, 3]), 20, inner=True)

    assert whole.sizes.tolist() == [20, 12, 3]
    assert inner.sizes.tolist() == [12, 4, 3]  # the last is too short to have an inner part
    assert (~inner.outside).sum(axis=0).tolist() == [12, 4, 3]


def test_changes_are_those_from_step_to_step_and_end_with_the_sample():
    inputs = np.array([[1.0, 4.0, 9.0], [5.0, 0.0, 0.0]], np.float32).T[None]

    found, ends = changed(inputs, np.array([3, 1]))

    assert found[0].T.tolist() == [[3.0, 5.0], [0.0, 0.0]]
    assert ends.tolist() == [2, 1]


def test_leaving_out_all_samples_at_once_equals_leaving_out_each_in_turn():
    random = np.random.default_rng(0)
    rows = random.normal(size=(12, 30)).astype(np.float32)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    targets = random.normal(size=(12, 2)) + rows[:, :2]

    found = fit_left_out(rows.copy(), targets)

    errors = {}
    for penalty in PENALTIES:
        left = []
        for out in range(12):
            kept = np.arange(12) != out
            mean, level = rows[kept].mean(axis=0), targets[kept].mean(axis=0)
            centred = (rows[kept] - mean).astype(np.float64)
            solved = np.linalg.solve(
                centred.T @ centred + penalty * np.eye(30), centred.T @ (targets[kept] - level)
            )
            left.append((rows[out] - mean) @ solved + level - targets[out])
        errors[float(penalty)] = float(np.mean(np.square(left)))
    assert found.penalty == min(errors, key=errors.get)
    assert found.error == pytest.approx(errors[found.penalty], rel=1e-3)


@pytest.mark.parametrize("rival", [MiniRocket, MultiRocket])
def test_series_are_told_apart_by_their_shape_wherever_it_stands(rival, sample_reader):
    random = np.random.default_rng(0)
    samples, targets = [], np.arange(120) % 2
    for target in targets:  # a bump of one or of two peaks, anywhere in the noise; lengths differ
        sample = random.normal(size=(int(random.integers(40, 60)), 1)) * 0.3
        at = int(random.integers(25))
        sample[at : at + 12, 0] += 2 * np.sin(np.arange(12) * np.pi * (1 + target) / 12)
        samples.append(sample)
    make = {"kind": "series", "classes": ("one", "two")}
    train = sample_reader(samples[:80], targets[:80], **make)
    test = sample_reader(samples[80:], targets[80:], **make)
    model = rival(max_rows=1000)
    model.fit(train, train, seed=0)

    assert (answers(model, test).argmax(axis=1) == targets[80:]).mean() > 0.9


def test_too_many_steps_leave_it_out_with_the_reason(class_reader, monkeypatch):
    monkeypatch.setattr(MiniRocket, "most_steps", 100)
    reader = class_reader(np.zeros((20, 50, 1)), np.arange(20) % 2, classes=("a", "b"))

    with pytest.raises(LeftOutError, match="20 samples of 50 steps"):
        MiniRocket(max_rows=1000).fit(reader, reader, seed=0)
