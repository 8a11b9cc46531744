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
from pipeline.heads.config import HeadConfig, MultilabelConfig
from pipeline.model.embedding import TokenEmbedding
from pipeline.model.net import HybridNet
from pipeline.preprocessing.meta import StreamMeta
from pipeline.preprocessing.predictions import Bands, best_thresholds, prediction_table
from pipeline.preprocessing.stream import Floats, SplitReader
from pipeline.stages.streams import read_samples, read_vectors
from pipeline.training.batches import Samples
from pipeline.training.course import Row
from pipeline.training.module import Net
from pipeline.training.predict import predict
from pipeline.training.resume import open_checkpoints, resume_key

EXTRACTOR, PREDICTIONS, HISTORY = "extractor.safetensors", "predictions.parquet", "history.csv"


class NetReport(Report):
    """What a judge needs to know about a trained network; empty where none was trained."""

    model: str = ""
    """Its name."""

    parameters: int = 0
    val: dict[str, float] = Field(default_factory=dict)
    """Loss and scores on val in the epoch that was kept."""

    scale: dict[str, float] = Field(default_factory=dict)
    """Forecasts and numbers: channel → what one scaled unit is in original units."""

    classes: tuple[str, ...] = ()
    """Classes, or labels."""

    thresholds: dict[str, float] = Field(default_factory=dict)
    """Labels: from which probability on each is predicted, chosen on val; empty: 0.5."""


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


def start_embedding(net: HybridNet, meta: StreamMeta, data: Paths) -> None:
    """Give tokens the vectors that ``preprocess`` left, where it left any."""
    _start(net.embedding, read_vectors(data, meta))
    if net.second is not None:
        _start(net.second.embedding, read_vectors(data, meta.of_second(), prefix="second_"))


def _start(embedding: TokenEmbedding | None, vectors: Floats | None) -> None:
    if vectors is not None and embedding is not None:
        embedding.start_from(torch.from_numpy(vectors))


def choose_thresholds(
    net: Net, heads: HeadConfig, val: Samples, *, device: torch.device
) -> tuple[float, ...]:
    """Return from which probability on each label is predicted: what gives the best F1 on val; empty: 0.5."""
    if not isinstance(heads, MultilabelConfig) or heads.thresholds != "val":
        return ()
    target = np.asarray(val.targets(np.arange(len(val))), np.float32)
    return tuple(best_thresholds(predict(net, val, device=device), target).tolist())


def write_predictions(
    answer: Floats,
    test: SplitReader,
    *,
    data: Paths,
    thresholds: Sequence[float] = (),
    levels: tuple[float, ...] = (),
) -> None:
    """Write what a network answers to the test split.

    Args:
        answer: As the head decodes it.
        test: The samples.
        data: Where the table goes.
        thresholds: From which probability on each label is predicted; empty: 0.5.
        levels: Which quantiles a forecast gives; empty: none.
    """
    bands = Bands(levels, answer) if levels else None
    table = prediction_table(
        test.meta,
        read_samples(data, test),
        answer=answer if bands is None else bands.median,
        target=test.targets(np.arange(len(test))),
        thresholds=np.asarray(thresholds, np.float32) if thresholds else None,
        bands=bands,
    )
    write_table(table, data.out / PREDICTIONS)


def units(meta: StreamMeta) -> dict[str, float]:
    """Return the number, or target channel → what one scaled unit is; empty for classes and labels."""
    if meta.head == "regress":
        return {meta.target_name: meta.target_scale}
    return {meta.channels[index]: meta.scale[index] for index in meta.targets}


def told(val: dict[str, float]) -> str:
    """Return val scores for a person: ``val accuracy 0.978``."""
    scores = [f"{name} {value:.4g}" for name, value in val.items() if name != "loss"]
    return f"val {', '.join(scores)}"
