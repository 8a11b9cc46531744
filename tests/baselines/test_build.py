from typing import get_args

import numpy as np
import pytest

from pipeline.baselines.base import answers
from pipeline.baselines.build import build_baseline
from pipeline.baselines.config import BaselineName, BaselinesConfig

NAMES = get_args(BaselineName)


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_answers_every_sample_in_the_shape_of_its_heads(
    name, forecast_reader, class_reader, sample_reader
):
    random = np.random.default_rng(0)
    uneven = [random.normal(size=(3 + index % 5, 3)) for index in range(48)]
    has = random.integers(2, size=(48, 4))
    readers = {
        "forecast": (forecast_reader(random.normal(size=(60, 3)), window=8, horizon=5), (48, 5, 3)),
        "classify": (class_reader(random.normal(size=(48, 8, 3)), np.arange(48) % 2, ("a", "b")), (48, 2)),
        "multilabel": (sample_reader(uneven, has, head="multilabel", classes=tuple("abcd")), (48, 4)),
        "regress": (sample_reader(uneven, has[:, 0], head="regress"), (48, 1)),
    }
    for head in build_baseline(name, BaselinesConfig(), season=4).heads:
        baseline = build_baseline(name, BaselinesConfig(), season=4)
        reader, shape = readers[head]
        baseline.fit(reader, reader, seed=0)

        answer = answers(baseline, reader)

        assert answer.shape == shape
        assert answer.dtype == np.float32
        assert np.isfinite(answer).all()
        assert baseline.parameters >= 0


def test_all_baselines_run_by_default():
    assert BaselinesConfig().kinds == NAMES
