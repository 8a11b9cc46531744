"""What the two stages that train a network have in common."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import Field

from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.foundation.paths import Paths
from pipeline.foundation.run import RunConfig
from pipeline.foundation.section import Report, Section
from pipeline.foundation.table import write_table
from pipeline.foundation.threads import keep_memory
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.predictions import prediction_table
from pipeline.preprocessing.stream import Floats, SplitReader
from pipeline.stages.streams import read_samples
from pipeline.training.course import Row
from pipeline.training.resume import open_checkpoints, resume_key

EXTRACTOR, PREDICTIONS, HISTORY = "extractor.safetensors", "predictions.parquet", "history.csv"


class NetReport(Report):
    """What a judge needs to know about a trained network; empty where none was trained."""

    model: str = ""
    """Its name."""

    parameters: int = 0
    val: dict[str, float] = Field(default_factory=dict)
    """Loss and scores on val in the best epoch."""

    scale: dict[str, float] = Field(default_factory=dict)
    """Forecasts: target channel → what one unit of the scaled stream is in original units."""

    classes: tuple[str, ...] = ()


def settle(run: RunConfig) -> None:
    """Set this process up for training: as many threads as the params say, and memory that stays."""
    keep_memory()
    torch.set_num_threads(run.threads)


def checkpoint_of(stage: str, sections: Sequence[Section], *, inputs: Sequence[Path], data: Paths) -> Path:
    """Return where this very training keeps its checkpoint: same data, settings, code and libraries.

    Args:
        stage: The stage that trains.
        sections: The sections that it obeys.
        inputs: Files or finished stage folders that it reads.
        data: The folders of the project.
    """
    question = {
        "stage": stage,
        "sections": [[type(section).__name__, section.model_dump(mode="json")] for section in sections],
        "inputs": [sha256(path / MANIFEST if path.is_dir() else path) for path in inputs],
    }
    return open_checkpoints(data.checkpoints, resume_key(question))


def forget(checkpoint: Path) -> None:
    """Remove a checkpoint whose training is over and written."""
    shutil.rmtree(checkpoint.parent, ignore_errors=True)


def write_history(rows: Sequence[Row], folder: Path) -> None:
    """Write one line per epoch."""
    with (folder / HISTORY).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_predictions(answer: Floats, test: SplitReader, *, data: Paths) -> None:
    """Write what a network answers to the test split."""
    target = test.targets(np.arange(len(test)))
    table = prediction_table(test.meta, read_samples(data, test), answer=answer, target=target)
    write_table(table, data.out / PREDICTIONS)


def units(meta: StreamMeta) -> dict[str, float]:
    """Return target channel → what one unit of the scaled stream is; empty for classes."""
    return {meta.channels[index]: meta.scale[index] for index in meta.targets}


def told(val: dict[str, float]) -> str:
    """Return val scores for a person: ``val accuracy 0.978``."""
    scores = [f"{name} {value:.4g}" for name, value in val.items() if name != "loss"]
    return f"val {', '.join(scores)}"
