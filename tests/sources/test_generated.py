"""Problems whose answer is known: what is in them, and what is not."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from pipeline.sources.build import build_source
from pipeline.sources.config import GeneratedConfig
from pipeline.sources.generated.series import SHAPE


def made(**settings):
    """Return values ``(series, time, channel)`` and the class of each series."""
    config = GeneratedConfig(**settings)
    frame = build_source(config, Path()).read().frame
    names = [f"channel_{place}" for place in range(config.channels)]
    values = frame.select(names).to_numpy().reshape(config.series, config.steps, config.channels)
    return values, frame["target"].gather_every(config.steps).to_numpy()


def answers(values, shape):
    """Return how strongly each place looks like ``shape``, ``(series, place)``."""
    return np.stack([np.convolve(series, shape[::-1], "valid") for series in values[..., 0]])


def test_equal_seeds_give_equal_series_and_others_others():
    first, second, other = (made(series=30, seed=seed)[0] for seed in (0, 0, 1))

    assert np.array_equal(first, second) and not np.array_equal(first, other)


@pytest.mark.parametrize("problem", ["motif_order", "noise"])
def test_half_of_the_series_are_of_each_class_and_their_order_says_nothing(problem):
    _, target = made(problem=problem, series=400)

    names, counts = np.unique(target, return_counts=True)
    assert counts.tolist() == [200, 200]
    assert 60 < (target[:200] == names[0]).sum() < 140


def test_the_class_is_which_motif_comes_first():
    values, target = made(series=300)

    place, turned = (answers(values, shape).argmax(axis=1) for shape in (SHAPE, SHAPE[::-1]))

    assert ((place < turned) == (target == "first")).mean() > 0.95


def test_nothing_but_the_order_of_the_motifs_tells_the_classes_apart():
    values, target = made(series=4000)
    first = target == "first"
    strongest = [answers(values, shape).max(axis=1) for shape in (SHAPE, SHAPE[::-1])]

    for told in (values.mean(axis=(1, 2)), values.std(axis=(1, 2)), *strongest):
        difference = abs(told[first].mean() - told[~first].mean())
        assert difference < 4 * told.std() * np.sqrt(4 / len(told)), "as far apart as chance puts them"


def test_the_negative_control_is_uniform_between_0_and_1():
    values, _ = made(problem="noise", series=1000, steps=50)

    assert values.shape == (1000, 50, 1) and values.min() >= 0 and values.max() < 1
    assert abs(values.mean() - 0.5) < 0.01


def test_too_few_steps_for_the_motifs_are_refused_with_how_many_are_needed():
    with pytest.raises(ValidationError, match="set steps to 52 or more"):
        GeneratedConfig(steps=51)
