"""The training of ``sine.py`` with an extractor that joins it after three epochs, more slowly than the rest.

``python staged.py FOLDER CHECKPOINT EPOCHS [DEVICES]`` trains, and tells each epoch when its checkpoint is written.
"""

import importlib.util
import logging
import sys
from pathlib import Path

import torch

from pipeline.extraction.config import Conv1dConfig
from pipeline.model.build import build_net
from pipeline.model.config import ModelConfig
from pipeline.training.fit import Fitted, fit
from pipeline.training.staged import Staging

SPEC = importlib.util.spec_from_file_location("sine", Path(__file__).with_name("sine.py"))
sine = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(sine)


def train(
    folder: Path, checkpoint: Path, *, epochs: int, devices: int = 1, drawn: bool = True
) -> tuple[torch.nn.Module, Fitted]:
    """Train the small network; without ``drawn`` nothing in it depends on which process draws."""
    torch.set_num_threads(1)
    normalisation, dropout = ("batch", 0.2) if drawn else ("none", 0.0)
    changes = {
        "extraction": Conv1dConfig(features=(8,), dropout=dropout, normalisation=normalisation),
        "model": ModelConfig(dropout=dropout),
    }
    net = build_net(sine.BLUEPRINT.model_copy(update=changes), seed=0)
    config = sine.TRAINING.model_copy(update={"epochs": epochs, "devices": devices, "patience": 0})
    fitted = fit(
        net, sine.write_stream(folder), config=config, seed=7, checkpoint=checkpoint,
        staging=Staging(frozen_epochs=3, rate_factor=0.3),
    )  # fmt: skip
    return net, fitted


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    compared = len(sys.argv) > 4
    train(
        Path(sys.argv[1]), Path(sys.argv[2]), epochs=int(sys.argv[3]), drawn=not compared,
        devices=int(sys.argv[4]) if compared else 1,
    )  # fmt: skip
