"""Small blueprints and batches that the tests of this room share."""

import pytest
import torch

from pipeline.extraction.config import Conv1dConfig, Conv2dConfig
from pipeline.heads.config import ClassifyConfig, ForecastConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.temporal.config import LstmConfig

COUNTS = {"train": 30, "val": 10, "test": 10}


def series(window: int, targets: tuple[int, ...]) -> StreamMeta:
    return StreamMeta(
        kind="series",
        head="forecast",
        window=window,
        frame=(3,),
        channels=("a", "b", "c"),
        targets=targets,
        horizon=4,
        offset=(0.0,) * 3,
        scale=(1.0,) * 3,
        counts=COUNTS,
    )


def images(window: int, frame: tuple[int, ...]) -> StreamMeta:
    return StreamMeta(
        kind="images",
        head="classify",
        window=window,
        frame=frame,
        channels=tuple(f"c{index}" for index in range(frame[0])),
        classes=("no", "yes"),
        offset=(0.0,) * frame[0],
        scale=(1.0,) * frame[0],
        counts=COUNTS,
        class_counts=(20, 10),
    )


@pytest.fixture
def forecaster():
    """Return a function: the blueprint of a forecast of two of three channels."""

    def make(*, window=16, targets=(2, 0), extraction=None, temporal=None, loss="mse", **model):
        return Blueprint(
            stream=series(window, targets),
            model=ModelConfig(**model),
            extraction=extraction or Conv1dConfig(features=(8,)),
            temporal=temporal or LstmConfig(hidden=6),
            heads=ForecastConfig(horizon=4, loss=loss),
        )

    return make


@pytest.fixture
def classifier():
    """Return a function: the blueprint of a classification of small images."""

    def make(*, window=1, frame=(1, 8, 8), extraction=None, temporal=None, **model):
        vectors = len(frame) == 1
        return Blueprint(
            stream=images(window, frame),
            model=ModelConfig(**model),
            extraction=extraction or (Conv1dConfig if vectors else Conv2dConfig)(features=(4,)),
            temporal=temporal or LstmConfig(hidden=6),
            heads=ClassifyConfig(),
        )

    return make


@pytest.fixture
def batch():
    """Return a function: random streams that fit a blueprint."""

    def make(blueprint, size=5):
        generator = torch.Generator().manual_seed(1)
        stream = blueprint.stream
        return torch.randn(size, stream.window, *stream.frame, generator=generator)

    return make
