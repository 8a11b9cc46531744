from typing import get_args

import numpy as np
import pytest

from pipeline.baselines.base import answers
from pipeline.baselines.build import build_baseline
from pipeline.baselines.config import BaselineName, BaselinesConfig

NAMES = get_args(BaselineName)


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_answers_every_sample_in_the_shape_of_its_head(name, forecast_reader, class_reader):
    random = np.random.default_rng(0)
    baseline = build_baseline(name, BaselinesConfig(), season=4)
    if baseline.head == "forecast":
        reader, shape = forecast_reader(random.normal(size=(60, 3)), window=8, horizon=5), (48, 5, 3)
    else:
        reader = class_reader(random.normal(size=(48, 8, 3)), np.arange(48) % 2, classes=("a", "b"))
        shape = (48, 2)
    baseline.fit(reader, reader, seed=0)

    answer = answers(baseline, reader)

    assert answer.shape == shape
    assert answer.dtype == np.float32
    assert np.isfinite(answer).all()


def test_all_baselines_run_by_default():
    assert BaselinesConfig().kinds == NAMES
