"""What every kind of the room promises."""

from typing import get_args

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pipeline.baselines.base import Baseline, answers
from pipeline.baselines.build import build_baseline
from pipeline.baselines.config import BaselineName, BaselinesConfig
from pipeline.evaluation.wording import ABOUT

NAMES = get_args(BaselineName)
DATA = {
    "series": (
        "minirocket",
        "multirocket",
        "gradient_boosting",
        "logistic",
        "ridge",
        "majority",
        "mean",
        "last_direction",
    ),
    "text": ("naive_bayes_svm", "logistic", "ridge"),
    "table": ("single_threshold", "gradient_boosting"),
    "images": ("gradient_boosting", "logistic"),
}
"""Samples of unequal length on which a kind is tried; forecasts have windows."""

CASES = [
    (name, head, data)
    for name in NAMES
    for head in build_baseline(name, BaselinesConfig(), season=4).heads
    for data in (("series",) if head == "forecast" else [each for each in DATA if name in DATA[each]])
]
FITTED: dict[tuple[str, str, str], Baseline] = {}


@pytest.fixture
def reader(forecast_reader, sample_reader):
    """Return a function that makes a reader over 60 samples that hold something to learn."""

    def make(head, data):
        random = np.random.default_rng(0)
        if head == "forecast":
            wave = np.sin(np.arange(80) * np.pi / 2)[:, None] + random.normal(size=(80, 3)) * 0.2
            return forecast_reader(wave, window=12, horizon=5)
        has = random.integers(2, size=(60, 3))
        lengths = np.full(60, 6) if data in ("table", "images") else 9 + np.arange(60) % 7
        if data == "text":
            samples = [
                np.append(random.integers(2, 30, size=size), 5 + 3 * each[0])
                for size, each in zip(lengths, has, strict=True)
            ]
        else:
            frame = {"table": (1,), "images": (1, 3, 3)}.get(data, (2,))
            lift = has[:, 0].reshape(-1, 1, *[1] * len(frame))
            samples = [
                random.normal(size=(size, *frame)) + each for size, each in zip(lengths, lift, strict=True)
            ]
        targets = has if head == "multilabel" else has[:, 0]
        classes = {"classify": ("no", "yes"), "multilabel": ("a", "b", "c")}.get(head, ())
        return sample_reader(
            samples, targets, head=head, classes=classes, kind=data, vocabulary=1000 * (data == "text")
        )

    return make


def fresh(name, train):
    baseline = build_baseline(name, BaselinesConfig(), season=4)
    baseline.fit(train, train, seed=0)
    return baseline


def fitted(name, head, data, train):
    """Return a fit that the tests share: the samples are the same in each."""
    if (name, head, data) not in FITTED:
        FITTED[name, head, data] = fresh(name, train)
    return FITTED[name, head, data]


@pytest.mark.parametrize(("name", "head", "data"), CASES)
def test_the_same_seed_gives_the_same_bytes_in_the_shape_of_the_head(name, head, data, reader):
    train = reader(head, data)
    shape = {"forecast": (len(train), 5, 3), "classify": (60, 2), "multilabel": (60, 3), "regress": (60, 1)}[
        head
    ]

    first, second = (answers(each, train) for each in (fitted(name, head, data, train), fresh(name, train)))

    assert first.tobytes() == second.tobytes()
    assert (first.shape, first.dtype) == (shape, np.float32)
    assert np.isfinite(first).all()
    if head == "classify":
        np.testing.assert_allclose(first.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(("name", "head", "data"), [case for case in CASES if case[1] != "forecast"])
def test_padding_changes_nothing(name, head, data, reader):
    train = reader(head, data)
    baseline = fitted(name, head, data, train)
    positions = np.arange(20)
    inputs, lengths = train.inputs(positions), train.lengths(positions)
    wider = np.pad(inputs, [(0, 0), (0, 7), *[(0, 0)] * (inputs.ndim - 2)])

    if data == "table":  # a table's rows all have one length, so there is nothing behind them
        wider = inputs

    np.testing.assert_allclose(baseline.predict(wider, lengths), baseline.predict(inputs, lengths), atol=1e-5)


@pytest.mark.parametrize(("name", "head", "data"), CASES)
def test_a_sample_is_answered_whoever_stands_beside_it(name, head, data, reader):
    train = reader(head, data)
    baseline = fitted(name, head, data, train)
    lengths = train.lengths(np.arange(20))

    together = baseline.predict(train.inputs(np.arange(20)), lengths)
    alone = baseline.predict(train.inputs(np.arange(3, 4)), None if lengths is None else lengths[3:4])

    np.testing.assert_allclose(alone[0], together[3], atol=1e-5)


def test_every_kind_is_tried():
    assert {name for name, _, _ in CASES} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_can_say_what_a_baseline_does(name):
    assert ABOUT[name]


def test_all_baselines_run_by_default_but_the_one_that_costs_most():
    assert set(NAMES) - set(BaselinesConfig().kinds) == {"multirocket"}


@pytest.mark.parametrize("name", ["gradient_boosting"])
def test_rivals_of_images_read_handwritten_digits(name, class_reader):
    images, targets = load_digits(return_X_y=True)
    parts = [slice(0, 900), slice(900, 1200), slice(1200, None)]
    train, val, test = (
        class_reader(images[part].reshape(-1, 8, 8) / 16.0, targets[part], tuple("0123456789"))
        for part in parts
    )
    baseline = build_baseline(name, BaselinesConfig(), season=None)
    baseline.fit(train, val, seed=0)

    assert (answers(baseline, test).argmax(axis=1) == targets[parts[2]]).mean() > 0.85
