"""A small real training: sines with noise, to be forecast. Also run as a child process by the tests.

``python sine.py FOLDER CHECKPOINT EPOCHS`` trains, and tells each epoch when its checkpoint is written.
"""

import logging
import sys
from pathlib import Path

import numpy as np
import torch

from pipeline.extraction.config import Conv1dConfig
from pipeline.heads.config import ForecastConfig
from pipeline.model.blueprint import Blueprint
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.stream import SplitReader, StreamFiles
from pipeline.temporal.config import LstmConfig
from pipeline.training.config import TrainingConfig
from pipeline.training.fit import Fitted, fit

WINDOW, HORIZON = 24, 6
META = StreamMeta(
    kind="series",
    head="forecast",
    window=WINDOW,
    frame=(2,),
    channels=("a", "b"),
    targets=(0, 1),
    horizon=HORIZON,
    offset=(0.0, 0.0),
    scale=(1.0, 1.0),
    counts={"train": 501, "val": 131, "test": 100},
)
BLUEPRINT = Blueprint(
    stream=META,
    model=ModelConfig(order="cnn-lstm", dropout=0.3),
    extraction=Conv1dConfig(features=(8,), dropout=0.2),
    temporal=LstmConfig(hidden=8),
    heads=ForecastConfig(horizon=HORIZON),
)
TRAINING = TrainingConfig(epochs=6, batch_size=50, learning_rate=0.01, accelerator="cpu")


def write_stream(folder: Path, meta: StreamMeta = META) -> dict[str, SplitReader]:
    """Write the stream of ``meta`` and return a reader per split."""
    rows = sum(meta.counts.values()) + meta.window + meta.horizon
    time = np.arange(rows)[:, None]
    noise = np.random.default_rng(0).normal(size=(rows, 2))
    np.save(folder / "stream.npy", (np.sin(time / [3, 5]) + 0.1 * noise).astype(np.float32))
    first, readers = 0, {}
    for split, count in meta.counts.items():
        for name in ("starts", "ids"):
            np.save(folder / f"{name}_{split}.npy", np.arange(first, first + count))
        files = StreamFiles(
            folder / "stream.npy", folder / f"starts_{split}.npy", folder / f"ids_{split}.npy", None
        )
        readers[split] = SplitReader(files, meta, split)
        first += count
    return readers


def train(folder: Path, checkpoint: Path, **changes: object) -> tuple[torch.nn.Module, Fitted]:
    """Train the small network on the small stream."""
    torch.set_num_threads(1)
    net = build_net(BLUEPRINT, seed=0)
    config = TRAINING.model_copy(update=changes)
    return net, fit(net, write_stream(folder), config=config, seed=7, checkpoint=checkpoint)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    train(Path(sys.argv[1]), Path(sys.argv[2]), epochs=int(sys.argv[3]))
