"""A problem built to need a hybrid: two local shapes, told apart by which comes first.

All networks have as many parameters and the same training. A convolution sees both shapes and, pooled over all steps,
not their order; an LSTM could keep the order and does not find shapes of eight steps in the noise by then.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.extraction.config import Conv1dConfig
from pipeline.heads.config import ClassifyConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.model.matching import ablations
from pipeline.preprocessing.meta import SPLITS, StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles
from pipeline.sources.build import build_source
from pipeline.sources.config import GeneratedConfig
from pipeline.temporal.config import LstmConfig
from pipeline.training.config import TrainingConfig
from pipeline.training.fit import fit
from pipeline.training.predict import predict

COUNTS = {"train": 1400, "val": 200, "test": 400}
META = StreamMeta(
    kind="series", head="classify", window=64, frame=(1,), channels=("channel_0",), classes=("first", "second"),
    offset=(0.0,), scale=(1.0,), counts=COUNTS,
)  # fmt: skip
HYBRID = Blueprint(
    stream=META,
    model=ModelConfig(order="cnn-lstm", pooling="last"),
    extraction=Conv1dConfig(features=(12,), kernel=9, pool=4),
    temporal=LstmConfig(hidden=16),
    heads=ClassifyConfig(),
)
TRAINING = TrainingConfig(epochs=12, learning_rate=0.01, patience=0, accelerator="cpu")
CHANCE = 0.5 + 4 * (0.25 / COUNTS["test"]) ** 0.5
"""Four deviations above half of the test samples."""


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motifs")
    config = GeneratedConfig(problem="motif_order", series=sum(COUNTS.values()), steps=META.window)
    frame = build_source(config, Path()).read().frame
    targets = (frame["target"].gather_every(META.window) == "second").to_numpy().astype(np.int64)
    np.save(folder / "stream.npy", frame.select(META.channels).to_numpy().astype(np.float32))
    first, readers = 0, {}
    for split in SPLITS:
        chosen = np.arange(first, first + COUNTS[split])
        starts, told = folder / f"starts_{split}.npy", folder / f"targets_{split}.npy"
        np.save(starts, chosen * META.window)
        np.save(told, targets[chosen])
        readers[split] = SplitReader(StreamFiles(folder / "stream.npy", starts, starts, told), META, split)
        first += COUNTS[split]
    return readers


@pytest.fixture
def accuracy(readers, tmp_path):
    """Return a function: trains a network, and tells which share of the test samples it answers rightly."""

    def trained(blueprint):
        net = build_net(blueprint, seed=0)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            fit(net, readers, config=TRAINING, seed=0, checkpoint=tmp_path / "checkpoint.ckpt")
            answer = predict(net, readers["test"], device=torch.device("cpu"))
        finally:
            torch.set_num_threads(threads)
        return (answer.argmax(axis=1) == readers["test"].targets(np.arange(COUNTS["test"]))).mean()

    return trained


def test_the_hybrid_solves_it(accuracy):
    assert accuracy(HYBRID) > 0.9


@pytest.mark.parametrize("name", ["cnn", "lstm", "shuffled"])
def test_with_one_part_taken_out_and_as_many_parameters_it_is_left_to_chance(accuracy, name):
    matched = ablations(HYBRID).matched[name]

    assert matched.is_close
    assert accuracy(matched.blueprint) < CHANCE
