"""What linear rivals see of a sample beside its steps."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.baselines.base import answers
from pipeline.baselines.gradient_boosting import GradientBoosting
from pipeline.baselines.logistic import Logistic
from pipeline.baselines.ridge import Ridge
from pipeline.preprocessing.stream import SplitReader


@pytest.fixture
def with_static(tmp_path):
    """Return a function: a reader whose samples have static columns."""

    def make(reader, static):
        path = tmp_path / "static.npy"
        np.save(path, static.astype(np.float32))
        meta = reader.meta.model_copy(update={"static": ("fact",)})
        return SplitReader(replace(reader.files, static=path), meta, "train")

    return make


def samples(kind, random, count=200):
    if kind == "text":
        return [random.integers(2, 30, random.integers(3, 9)) for _ in range(count)]
    return [random.normal(size=(int(random.integers(4, 9)), 2)) for _ in range(count)]


@pytest.mark.parametrize(
    ("rival", "kind"), [(Logistic, "sound"), (Logistic, "text"), (GradientBoosting, "sound")]
)
def test_a_class_that_only_a_static_column_tells_is_found(sample_reader, with_static, rival, kind):
    random = np.random.default_rng(0)
    targets = np.arange(200) % 2
    made = sample_reader(
        samples(kind, random),
        targets,
        classes=("no", "yes"),
        kind=kind,
        vocabulary=30 if kind == "text" else 0,
    )
    reader = with_static(made, targets[:, None])
    fitted = rival(max_rows=1000)

    fitted.fit(reader, reader, seed=0)

    assert (answers(fitted, reader).argmax(axis=1) == targets).all()


def test_a_number_that_only_a_static_column_tells_is_found(sample_reader, with_static):
    random = np.random.default_rng(0)
    targets = random.normal(size=200)
    reader = with_static(sample_reader(samples("sound", random), targets, head="regress"), targets[:, None])
    rival = Ridge(max_rows=1000)

    rival.fit(reader, reader, seed=0)

    assert np.mean((answers(rival, reader)[:, 0] - targets) ** 2) < 0.01 * np.var(targets)
