"""What the loader costs beside the training it feeds: an epoch of each, on streams of three shapes.

Run with ``python benchmarks/loader.py``; the share has to stay below 5 %. Seconds are those of the processor. Texts are
read with and without batches of like length.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.foundation.threads import keep_memory, use_threads

use_threads(2)

import numpy as np  # noqa: E402 - the size of the thread pools has to be set before
import torch  # noqa: E402

from pipeline.extraction.config import Conv1dConfig  # noqa: E402
from pipeline.heads.config import ClassifyConfig, ForecastConfig  # noqa: E402
from pipeline.model.blueprint import Blueprint  # noqa: E402
from pipeline.model.build import build_net  # noqa: E402
from pipeline.model.config import ModelConfig  # noqa: E402
from pipeline.preprocessing.meta import StreamMeta  # noqa: E402
from pipeline.preprocessing.stream import SplitReader, StreamFiles  # noqa: E402
from pipeline.temporal.config import BilstmConfig, LstmConfig  # noqa: E402
from pipeline.training.batches import Batches  # noqa: E402
from pipeline.training.plan import Draw, Plan  # noqa: E402

BATCH = 64


def series(folder: Path) -> tuple[SplitReader, Blueprint]:
    """Return windows of seven channels, as many as ETTh1 trains on, and a network that reads each on its own."""
    rows, window, horizon = 8640, 96, 96
    np.save(folder / "stream.npy", np.random.default_rng(0).normal(size=(rows, 7)).astype(np.float32))
    count = rows - window - horizon + 1
    meta = StreamMeta(
        kind="series", head="forecast", window=window, frame=(7,), channels=tuple("abcdefg"),
        targets=tuple(range(7)), horizon=horizon, offset=(0.0,) * 7, scale=(1.0,) * 7,
        counts={"train": count, "val": 0, "test": 0},
    )  # fmt: skip
    blueprint = Blueprint(
        stream=meta,
        model=ModelConfig(channels="each", input_norm="instance", pooling="flatten"),
        extraction=Conv1dConfig(features=(32,), kernel=8, stride=4, pool=1, normalisation="none"),
        temporal=LstmConfig(hidden=64),
        heads=ForecastConfig(horizon=horizon),
    )
    return _reader(folder, meta, np.arange(count)), blueprint


def images(folder: Path) -> tuple[SplitReader, Blueprint]:
    """Return 12,000 images of 28 rows, moved anew in every epoch, and a network that reads row after row."""
    count = 12_000
    pixels = np.random.default_rng(0).integers(0, 256, size=(count * 28, 28), dtype=np.uint8)
    np.save(folder / "stream.npy", pixels)
    np.save(folder / "targets.npy", np.arange(count) % 10)
    meta = StreamMeta(
        kind="images", head="classify", window=28, frame=(28,), channels=("grey",) * 28,
        classes=tuple("0123456789"), offset=(33.0,) * 28, scale=(79.0,) * 28, shift=2,
        counts={"train": count, "val": 0, "test": 0},
    )  # fmt: skip
    blueprint = Blueprint(
        stream=meta,
        model=ModelConfig(order="lstm-cnn", pooling="max"),
        extraction=Conv1dConfig(features=(64,)),
        temporal=LstmConfig(hidden=128),
        heads=ClassifyConfig(),
    )
    return _reader(folder, meta, np.arange(count) * 28), blueprint


def texts(folder: Path) -> tuple[SplitReader, Blueprint]:
    """Return 12,000 texts of 1 to 128 tokens, most of them short, and a network that reads them both ways."""
    count, vocabulary = 12_000, 20_000
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(3.0, 0.8, count).astype(np.int64), 1, 128)
    np.save(folder / "stream.npy", random.integers(1, vocabulary, lengths.sum()).astype(np.int32))
    np.save(folder / "targets.npy", np.arange(count) % 3)
    np.save(folder / "lengths.npy", lengths)
    meta = StreamMeta(
        kind="text", head="classify", window=int(lengths.max()), ragged=True, frame=(), channels=(),
        classes=("bad", "fine", "good"), vocabulary=vocabulary, dimensions=64, offset=(), scale=(),
        counts={"train": count, "val": 0, "test": 0},
    )  # fmt: skip
    blueprint = Blueprint(
        stream=meta,
        model=ModelConfig(order="cnn-lstm", pooling="max"),
        extraction=Conv1dConfig(features=(64,)),
        temporal=BilstmConfig(hidden=64),
        heads=ClassifyConfig(),
    )
    return _reader(folder, meta, np.cumsum(lengths) - lengths), blueprint


def _reader(folder: Path, meta: StreamMeta, starts: np.ndarray) -> SplitReader:
    np.save(folder / "starts.npy", starts)
    files = StreamFiles(
        folder / "stream.npy",
        folder / "starts.npy",
        folder / "starts.npy",
        folder / "targets.npy" if meta.head == "classify" else None,
        folder / "lengths.npy" if meta.ragged else None,
    )
    return SplitReader(files, meta, "train")


def load(reader: SplitReader, _: Blueprint, *, buckets: bool) -> None:
    """Gather every batch of an epoch, and do nothing with it."""
    for _batch in _batches(reader, buckets):
        pass


def train(reader: SplitReader, blueprint: Blueprint, *, buckets: bool) -> None:
    """Train for an epoch."""
    net = build_net(blueprint, seed=0)
    optimiser = torch.optim.AdamW(net.parameters(), fused=True)
    for batch in _batches(reader, buckets):
        loss = net.head.loss(net(*batch.inputs), batch.target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def _batches(reader: SplitReader, buckets: bool) -> Batches:
    plan = Plan(seed=0, batch_size=BATCH, least=2)
    return Batches(reader, plan, epoch=lambda: 0, draw=Draw(shift=reader.meta.shift, buckets=buckets))


def seconds(work: Callable[..., None], reader: SplitReader, blueprint: Blueprint, *, buckets: bool) -> float:
    """Return how long the work takes on this process's cores, whatever else they do."""
    start = time.process_time()
    work(reader, blueprint, buckets=buckets)
    return time.process_time() - start


def padded(reader: SplitReader, buckets: bool) -> float:
    """Return which share of the steps of an epoch is padding."""
    there = steps = 0
    for batch in _batches(reader, buckets):
        lengths = batch.inputs[1]
        there, steps = there + int(lengths.sum()), steps + len(lengths) * int(lengths.max())
    return 1 - there / steps


def main() -> None:
    """Print a line for each stream."""
    keep_memory()
    torch.set_num_threads(2)
    for make, buckets in ((series, False), (images, False), (texts, False), (texts, True)):
        with tempfile.TemporaryDirectory() as name:
            reader, blueprint = make(Path(name))
            seconds(load, reader, blueprint, buckets=buckets)  # opens the files
            loading = seconds(load, reader, blueprint, buckets=buckets)
            training = seconds(train, reader, blueprint, buckets=buckets)
            how = ""
            if reader.meta.ragged:
                how = f", {padded(reader, buckets):.0%} padding {'in' if buckets else 'without'} buckets"
            print(
                f"{make.__name__:7} {len(reader):6,} samples: loader {loading:6.2f} s, training {training:6.2f} s, "
                f"share {loading / training:.2%}{how}"
            )


if __name__ == "__main__":
    main()
